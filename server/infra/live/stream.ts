import type { Topic, Watch } from './hub.ts';
import { live } from './live.ts';

/**
 * Makes a stream of what a generator reads as its topics change, at the reader's own pace. The topics are watched
 * from here on, before the generator reads anything. Leaving the stream ends the watch at once: the `return` of a
 * bare async generator would wait for a change that may never come, and leak it until then.
 */
export function streamOf<Item>(
  topics: Iterable<Topic>,
  read: (watch: Watch) => AsyncGenerator<Item, void>,
): AsyncIterableIterator<Item> {
  const watch = live.watch(topics);
  const items = read(watch);
  const end = async (): Promise<IteratorResult<Item>> => {
    watch.close();
    await items.return();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      try {
        const result = await items.next();
        if (result.done) watch.close();
        return result as IteratorResult<Item>;
      } catch (error) {
        watch.close();
        throw error;
      }
    },
    return: end,
    throw: async (error) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
