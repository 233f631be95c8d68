import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { patiently, StillWorkingError } from '../../server/infra/patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what comes in time is passed on, a failure too, and nothing is left to wait for', async () => {
  expect(await patiently(Promise.resolve('done'))).toBe('done');
  await expect(patiently(Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});

test('after 30 seconds whoever waits is told that it goes on', async () => {
  const waiting = patiently(new Promise(() => {}));
  const told = expect(waiting).rejects.toThrow(StillWorkingError);
  await vi.advanceTimersByTimeAsync(29_999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await told;
});
