import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Claim, Holds } from '../../server/limits/holds.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const LIMITS = { openOrders: 2, heldUnits: 10 };
const claimed = (claim: Claim | { waitMs: number }): Claim => {
  if ('waitMs' in claim) throw new Error('There was no room.');
  return claim;
};

test('an order is let go when its time to pay is over, also if nobody tells', () => {
  const holds = new Holds();
  claimed(holds.claim('a', 'k1', 6, LIMITS)).keep('order 1', 5_000);
  vi.advanceTimersByTime(1_000);
  expect(holds.claim('a', 'k2', 5, LIMITS)).toEqual({ waitMs: 4_000 });
  vi.advanceTimersByTime(4_000);
  claimed(holds.claim('a', 'k2', 10, LIMITS));
});

test('a claim counts from its beginning, so that requests at once cannot pass together', () => {
  const holds = new Holds();
  const first = claimed(holds.claim('a', 'k1', 1, LIMITS));
  claimed(holds.claim('a', 'k2', 1, LIMITS));
  expect(holds.claim('a', 'k3', 1, LIMITS)).toEqual({ waitMs: 1_000 });
  claimed(holds.claim('b', 'k4', 1, LIMITS));
  first.giveBack();
  claimed(holds.claim('a', 'k3', 1, LIMITS));
});

test('an order that is settled makes room for another', () => {
  const holds = new Holds();
  claimed(holds.claim('a', 'k1', 10, LIMITS)).keep('order 1', 5_000);
  expect(holds.claim('a', 'k2', 1, LIMITS)).toEqual({ waitMs: 5_000 });
  holds.release('order 1');
  holds.release('of nobody');
  claimed(holds.claim('a', 'k2', 10, LIMITS));
});

test('a key that is sent again has room for what it holds, and for no more', () => {
  const holds = new Holds();
  const [first, again] = [claimed(holds.claim('a', 'k1', 10, LIMITS)), claimed(holds.claim('a', 'k1', 10, LIMITS))];
  first.keep('order 1', 5_000);
  again.found('order 1');
  claimed(holds.claim('a', 'k1', 10, LIMITS)).giveBack();
  expect(holds.claim('a', 'k1', 11, LIMITS)).toEqual({ waitMs: 1_000 });
  expect(holds.claim('a', 'k2', 1, LIMITS)).toEqual({ waitMs: 5_000 });
  holds.release('order 1');
  expect(holds.clients).toBe(0);
});

test('an order of which nobody knows whether it was placed is held until that is clear, or its time would be over', () => {
  const holds = new Holds();
  const unclear = () => claimed(holds.claim('a', 'k1', 10, LIMITS)).keepUnclear(5_000);
  unclear();
  expect(holds.claim('a', 'k2', 1, LIMITS)).toEqual({ waitMs: 5_000 });
  claimed(holds.claim('a', 'k1', 10, LIMITS)).giveBack();
  expect(holds.clients).toBe(0);
  unclear();
  claimed(holds.claim('a', 'k1', 10, LIMITS)).found('order 1');
  holds.release('order 1');
  expect(holds.clients).toBe(0);
  unclear();
  vi.advanceTimersByTime(5_000);
  claimed(holds.claim('a', 'k2', 10, LIMITS)).giveBack();
});

test('nothing is counted of clients without limits', () => {
  const holds = new Holds();
  const none = { openOrders: undefined, heldUnits: undefined };
  for (let i = 0; i < 100; i++) claimed(holds.claim('a', `k${i}`, 1_000, none)).keep(`order ${i}`, 5_000);
  expect(holds.clients).toBe(0);
});

test('nothing is kept of clients that hold nothing any more', () => {
  const holds = new Holds();
  for (let i = 0; i < 100; i++) claimed(holds.claim(`client ${i}`, `k${i}`, 1, LIMITS)).keep(`order ${i}`, 5_000);
  expect(holds.clients).toBe(100);
  vi.advanceTimersByTime(120_000);
  expect(holds.clients).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
