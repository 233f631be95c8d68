import { createStore } from './store.ts';

/**
 * How long the first try at a request may take, in milliseconds. A connection can be lost without a word, and then nothing
 * ever comes. Longer than the 10 s that the server gives a read, so that what it says of that itself comes first. A change
 * may take it 30 s, but is safe to send again meanwhile, and a shopper should not look at "Confirming…" for so long.
 */
export const ANSWER_MS = 12_000;
/** Where answers take so long again and again, they are slow and not lost. */
const LONGEST_ANSWER_MS = 36_000;

/** Gives the time for the next try, in milliseconds, after so many that timed out. */
export function answerMs(timeouts: number): number {
  return Math.min(ANSWER_MS * 2 ** timeouts, LONGEST_ANSWER_MS);
}

/** How many tries have timed out: a stream that was silent meanwhile may be on a connection that is lost as well. */
export const allTimeouts = createStore(0);

/** No answer came in time. */
export class TimeoutError extends Error {
  override name = 'TimeoutError';
}

const begun = new Set<{ at: number }>();

/** Gives for how long the oldest request has been waiting for its answer, in milliseconds. */
export function longestUnanswered(): number {
  const [oldest] = begun;
  return oldest ? performance.now() - oldest.at : 0;
}

/**
 * Runs a task with a signal that is aborted by the outer one, or when the task takes longer than `ms`. Rejects with
 * TimeoutError in that case.
 */
export async function withDeadline<Result>(
  ms: number,
  outer: AbortSignal | null | undefined,
  task: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const control = new AbortController();
  const abort = () => control.abort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort();
    allTimeouts.set(allTimeouts.get() + 1);
  }, ms);
  const unanswered = { at: performance.now() };
  begun.add(unanswered);
  outer?.addEventListener('abort', abort);
  if (outer?.aborted) abort();
  try {
    return await task(control.signal);
  } catch (error) {
    throw timedOut ? new TimeoutError() : error;
  } finally {
    begun.delete(unanswered);
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}
