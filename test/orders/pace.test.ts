import { expect, test } from 'vitest';
import { Pace } from '../../server/orders/orders.pace.ts';

/** A pace that has seen groups of steps this late for a while, and the time by then. */
function after(lateMs: number): { pace: Pace; now: number } {
  const pace = new Pace();
  let now = 10_000;
  for (; now < 11_000; now += 20) pace.note(lateMs, now);
  return { pace, now };
}
const admittedAfter = (lateMs: number) => {
  const { pace, now } = after(lateMs);
  return pace.admits(now);
};

test('all are let in before anything is known, and while dispatches are on time', () => {
  expect(new Pace().admits()).toBe(128);
  expect(admittedAfter(0)).toBe(128);
  expect(admittedAfter(80)).toBe(128);
});

test('the later dispatches are, the fewer are let in, but never none', () => {
  expect(admittedAfter(140)).toBe(96);
  expect(admittedAfter(200)).toBe(64);
  expect(admittedAfter(400)).toBe(1);
  expect(admittedAfter(1e9)).toBe(1);
});

test('dispatches that are on time again count soon, also after very late ones', () => {
  const { pace, now } = after(1e9);
  for (let i = 1; i <= 15; i++) pace.note(20, now + i * 20);
  expect(pace.admits(now + 300)).toBe(128);
});

test('what is known is forgotten when nothing is dispatched any more', () => {
  const { pace, now } = after(1e9);
  expect(pace.admits(now + 2_000)).toBe(128);
});
