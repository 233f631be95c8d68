import type { Topic } from './live/hub.ts';
import { live } from './live/live.ts';

/** What was asked for is stored and goes on, but its result was not there in time: asking again is safe. */
export class StillWorkingError extends Error {
  override name = 'StillWorkingError';
}

/** There is more to do than can be done in time; nothing of this was begun, and it may be asked again in a while. */
export class OverloadedError extends Error {
  override name = 'OverloadedError';
}

const STILL_WORKING = 'This takes longer than usual. It goes on; asking again with the same key is safe.';
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 250;

/**
 * Looks until there is something to see: at once, whenever the topic is announced, and now and then in between,
 * since what is waited for may happen in a process that dies before it announces it. Throws StillWorkingError
 * after 30 seconds.
 */
export async function lookUntilSeen<Result>(topic: Topic, look: () => Promise<Result | null>): Promise<Result> {
  const watch = live.watch([topic]);
  try {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      watch.take();
      const seen = await look();
      if (seen !== null) return seen;
      await watch.changed(LOOK_AGAIN_MS);
    }
    throw new StillWorkingError(STILL_WORKING);
  } finally {
    watch.close();
  }
}
