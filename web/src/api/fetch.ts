import { backoff, delay } from './backoff.ts';
import { serverClock } from './clock.ts';
import { operatorToken } from './operator-token.ts';
import { health } from './server.ts';

/** Fetches once, with the operator's token if there is one, and sets the server's clock by the answer. */
export async function fetchOnce(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = operatorToken.get();
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const sentAt = Date.now();
  const response = await fetch(input, { ...init, headers });
  serverClock.observe(response.headers.get('date'), sentAt, Date.now());
  return response;
}

/**
 * Fetches until the server has answered, however long it is gone. Everything sent this way is safe to send again:
 * queries, and mutations that carry an idempotency key or mean the same when repeated.
 */
export async function fetchPersistently(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetchOnce(input, init);
      // The whole text is awaited here: a server that dies while it answers has not answered.
      const text = await response.text();
      if (!isOutage(response) && !isUnfinished(text)) return new Response(text, response);
    } catch (error) {
      if (init.signal?.aborted) throw error;
    }
    await Promise.all([health.suspect(), delay(backoff(attempt), init.signal)]);
  }
}

/** Tells whether an answer came from something in front of a server that is gone, and not from the API. */
function isOutage(response: Response): boolean {
  return response.status >= 500 && !/json/.test(response.headers.get('content-type') ?? '');
}

/** The server goes on with what was asked for, or has too much to do to begin: asking again is safe, and gets the outcome. */
const LATER = ['STILL_WORKING', 'OVERLOADED'];

function isUnfinished(text: string): boolean {
  if (!LATER.some((code) => text.includes(code))) return false;
  const { errors } = JSON.parse(text) as { errors?: { extensions?: { code?: string } }[] };
  return errors?.some(({ extensions }) => LATER.includes(extensions?.code ?? '')) ?? false;
}
