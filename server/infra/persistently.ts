import { setTimeout as delay } from 'node:timers/promises';
import { databaseFailure } from './database-errors.ts';
import { log } from './log.ts';

const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 1_000;

/**
 * Repeats what failed through no fault of its own, until it succeeds or fails for a reason that will stay, or for one that
 * the caller sees to.
 */
export async function persistently<Return>(
  name: string,
  attempt: () => Promise<Return>,
  seesTo: (error: unknown) => boolean = () => false,
): Promise<Return> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const { retriable, sqlState } = databaseFailure(error);
      if (!retriable || seesTo(error)) throw error;
      log.warn({ error: messageOf(error), sqlState }, `${name}: trying again`);
      await delay(Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) * (0.5 + Math.random()));
    }
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
