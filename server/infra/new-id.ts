import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES = 16;

/** Drawn for many ids at once: asking the system for each is most of what an id costs. No byte is used twice. */
const pool = Buffer.alloc(128 * RANDOM_BYTES);
let used = pool.length;

/**
 * Makes an id that cannot be guessed: a UUID of version 7. It begins with the time, so that rows of the same moment, which
 * are changed together, lie together in the indexes by these ids. The other 74 bits are drawn for each id alone: the counter
 * that version 7 allows, and the package uses unless it is given options, would let an id be guessed from the one before.
 */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return v7({ random: pool.subarray(used - RANDOM_BYTES, used) });
}
