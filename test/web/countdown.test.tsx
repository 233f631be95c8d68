import { expect, test } from 'vitest';
import { createServerClock } from '../../web/src/api/clock.ts';
import { minutes } from '../../web/src/ui/format.ts';
import { secondsUntil } from '../../web/src/ui/use-seconds-until.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');
const header = (at: number) => new Date(Math.floor(at / 1000) * 1000).toUTCString();

test('counts whole seconds and never goes below zero', () => {
  const payBy = NOON + 60_000;
  expect(secondsUntil(payBy, NOON)).toBe(60);
  expect(secondsUntil(payBy, NOON + 500)).toBe(60);
  expect(secondsUntil(payBy, NOON + 59_001)).toBe(1);
  expect(secondsUntil(payBy, NOON + 60_000)).toBe(0);
  expect(secondsUntil(payBy, NOON + 90_000)).toBe(0);
});

test('writes minutes and seconds', () => {
  expect(minutes(60)).toBe('1:00');
  expect(minutes(9)).toBe('0:09');
  expect(minutes(605)).toBe('10:05');
});

test('a device whose clock agrees with the server is left alone', () => {
  const clock = createServerClock(() => NOON);
  clock.observe(header(NOON + 40), NOON, NOON + 80);
  expect(clock.now()).toBe(NOON);
});

test('a clock that is an hour slow is corrected to within a second', () => {
  const hour = 3_600_000;
  const clock = createServerClock(() => NOON);
  clock.observe(header(NOON + hour + 700), NOON, NOON + 50);
  expect(Math.abs(clock.now() - (NOON + hour + 700))).toBeLessThan(1000);
});

test('each answer narrows the correction', () => {
  const skew = 5_000_300;
  const clock = createServerClock(() => NOON);
  for (const at of [0, 350, 690, 710, 990]) clock.observe(header(NOON + at + skew), NOON + at, NOON + at);
  expect(Math.abs(clock.now() - (NOON + skew))).toBeLessThan(200);
});

test('after the device was set to another time, only new answers count', () => {
  const clock = createServerClock(() => NOON);
  clock.observe(header(NOON + 3_600_000), NOON, NOON);
  clock.observe(header(NOON), NOON, NOON);
  expect(clock.now()).toBe(NOON);
});

test('without a date nothing is corrected', () => {
  const clock = createServerClock(() => NOON);
  clock.observe(null, NOON, NOON);
  expect(clock.now()).toBe(NOON);
});
