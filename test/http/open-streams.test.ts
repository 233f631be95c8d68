import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OpenStreams } from '../../server/http/open-streams.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const stream = () => ({ ping: vi.fn() });

test('each stream is pinged every twelve seconds, not all of them at once, and none once it is removed', () => {
  const open = new OpenStreams();
  const first = stream();
  const removeFirst = open.add(first);
  vi.advanceTimersByTime(6_000);
  const second = stream();
  const removeSecond = open.add(second);
  vi.advanceTimersByTime(6_000);
  expect([first.ping, second.ping].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
  vi.advanceTimersByTime(6_000);
  expect([first.ping, second.ping].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  removeFirst();
  removeFirst();
  vi.advanceTimersByTime(60_000);
  expect([first.ping, second.ping].map(({ mock }) => mock.calls.length)).toEqual([1, 6]);
  removeSecond();
  expect(vi.getTimerCount()).toBe(0);
});
