import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SharedResults } from '../../server/graphql/shared-results.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test('what is told of an event for the same key is made once, for a moment', async () => {
  const shared = new SharedResults();
  const [event, other] = [{ version: 1 }, { version: 1 }];
  let made = 0;
  const tell = async (of: object, key: string) =>
    (await shared.of(of, key, async () => ({ data: { made: `${++made}` } }))).data!.made;
  expect([await tell(event, 'a'), await tell(event, 'a')]).toEqual(['1', '1']);
  expect([await tell(event, 'b'), await tell(other, 'a')]).toEqual(['2', '3']);
  vi.advanceTimersByTime(600);
  expect([await tell(event, 'a'), await tell(event, 'c')]).toEqual(['1', '4']);
  vi.advanceTimersByTime(600);
  // What is told of one event is forgotten together.
  expect([await tell(event, 'a'), await tell(event, 'c')]).toEqual(['5', '6']);
});
