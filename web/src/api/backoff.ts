const FIRST_MS = 250;
const LONGEST_MS = 2000;

/** Gives the pause before the next try, in milliseconds: doubling from 250 to 2000, the upper half of it random. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, attempt));
  return pause / 2 + (random() * pause) / 2;
}

/** Gives a pause that was asked for, and a little more by chance, so that those who were told the same come one by one. */
export function withJitter(ms: number, random: () => number = Math.random): number {
  return ms + random() * (FIRST_MS + ms / 10);
}

/** Resolves after `ms` milliseconds, or at once when the signal is aborted. */
export function delay(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
