import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { health } from '../../web/src/api/server.ts';
import { type Waiting, waiting } from '../../web/src/api/waiting.ts';
import { ServerBanner } from '../../web/src/ui/server-banner.tsx';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  waiting.set(undefined);
  health.state.set('up');
  vi.useRealTimers();
});

const wait = (reason: Waiting['reason'], seconds: number) =>
  act(() => waiting.set({ reason, until: Date.now() + seconds * 1000, toldSeconds: seconds }));
const pass = (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1000));
const announced = () => screen.getByRole('status').textContent;
/** What is read by whoever sees it. */
const seen = () => document.querySelector('[aria-hidden=true]:last-child')?.textContent;

test('says nothing while all is well', () => {
  render(<ServerBanner />);
  expect(announced()).toBe('');
});

test('counts down to the end of a limit, and announces it once', async () => {
  render(<ServerBanner />);
  wait('LIMITED', 12);
  expect(announced()).toBe('Many requests come from your network. Going on in 12 s.');
  expect(seen()).toBe('Going on in 12 s.');
  await pass(5);
  expect(announced()).toBe('Many requests come from your network. Going on in 12 s.');
  expect(seen()).toBe('Going on in 7 s.');
  await pass(8);
  expect(seen()).toBe('Going on now.');
  act(() => waiting.set(undefined));
  expect(announced()).toBe('');
  expect(seen()).toBeUndefined();
});

test('says that a busy store keeps what was done', () => {
  render(<ServerBanner />);
  wait('BUSY', 1);
  expect(announced()).toBe('The store is very busy. What you did is kept, and goes on by itself.');
});

test('says of a database that is away what it says of a store that is gone', () => {
  render(<ServerBanner />);
  wait('AWAY', 1);
  expect(announced()).toMatch(/^The store is not answering\./);
  act(() => health.state.set('down'));
  act(() => waiting.set(undefined));
  expect(announced()).toMatch(/^The store is not answering\./);
});

test('says before all that the store is gone', () => {
  render(<ServerBanner />);
  wait('LIMITED', 12);
  act(() => health.state.set('down'));
  expect(announced()).toMatch(/^The store is not answering\./);
  expect(seen()).toBeUndefined();
});
