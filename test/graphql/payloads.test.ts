import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Payloads } from '../../server/graphql/payloads.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test('what is told of an event with the same words is made once, for a moment', async () => {
  const payloads = new Payloads();
  const [event, other] = [{ version: 1 }, { version: 1 }];
  let made = 0;
  const tell = async (of: object, words: string) =>
    String(await payloads.of(of, words, async () => Buffer.from(`${++made}`)));
  expect([await tell(event, 'a'), await tell(event, 'a')]).toEqual(['1', '1']);
  expect([await tell(event, 'b'), await tell(other, 'a')]).toEqual(['2', '3']);
  vi.advanceTimersByTime(600);
  expect([await tell(event, 'a'), await tell(event, 'c')]).toEqual(['1', '4']);
  vi.advanceTimersByTime(600);
  // What is told of one event is forgotten together.
  expect([await tell(event, 'a'), await tell(event, 'c')]).toEqual(['5', '6']);
});
