import { createHealth } from './health.ts';
import { openStreams } from './stream-count.ts';

const PROBE_TIMEOUT_MS = 3000;
const HEARTBEAT_MS = 1000;

/** The health of the server this page came from. */
export const health = createHealth(() => answers('/readyz'));

/**
 * Notices a server that goes away while nothing else would: an open stream breaks by itself, so the question is asked
 * only when the page is visible and has no stream.
 */
export function startHeartbeat(): void {
  let asking = false;
  setInterval(async () => {
    if (asking || openStreams.get() > 0 || document.visibilityState === 'hidden' || health.state.get() === 'down')
      return;
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
