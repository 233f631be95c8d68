import { longestUnanswered } from './deadline.ts';
import { createHealth } from './health.ts';
import { openStreams } from './stream-count.ts';

const PROBE_TIMEOUT_MS = 3000;
const HEARTBEAT_MS = 1000;
const LONG_MS = 3000;

/** The health of the server this page came from. */
export const health = createHealth(() => answers('/readyz'));

/**
 * Notices a server that goes away while nothing else would, on a page that is visible. An open stream breaks by itself, so
 * nothing is asked then, unless a request has been waiting for long: a connection can be lost without a word.
 */
export function startHeartbeat(): void {
  let asking = false;
  setInterval(async () => {
    const quiet = openStreams.get() > 0 && longestUnanswered() < LONG_MS;
    if (asking || quiet || document.visibilityState === 'hidden' || health.state.get() === 'down') return;
    asking = true;
    if (!(await answers('/livez'))) void health.suspect();
    asking = false;
  }, HEARTBEAT_MS);
  window.addEventListener('offline', () => void health.suspect());
}

async function answers(path: string): Promise<boolean> {
  try {
    const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return response.ok;
  } catch {
    return false;
  }
}
