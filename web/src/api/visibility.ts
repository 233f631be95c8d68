import { createStore } from './store.ts';

const SLEEP_AFTER_MS = 10_000;

/**
 * False once the page has been hidden for 10 seconds. A sleeping page closes its streams: a browser opens only six
 * connections to one HTTP/1.1 server, for all its tabs together.
 */
export const awake = createStore(true);

/** Resolves when the page is awake, or when the signal is aborted. */
export function whenAwake(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (awake.get() || signal?.aborted) return resolve();
    const done = () => {
      unsubscribe();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const unsubscribe = awake.subscribe(done);
    signal?.addEventListener('abort', done);
  });
}

/** Follows the page's visibility for as long as it lives. */
export function watchVisibility(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.visibilityState === 'visible') awake.set(true);
    else timer = setTimeout(() => awake.set(false), SLEEP_AFTER_MS);
  });
}
