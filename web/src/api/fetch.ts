import { serverClock } from './clock.ts';
import { answerMs, TimeoutError, withDeadline } from './deadline.ts';
import { operatorToken, refusesToken } from './operator-token.ts';
import { GONE, type Refusal, refusalOf, resultIn } from './refusal.ts';
import { Patience } from './waiting.ts';

/**
 * Sends a request, with the operator's token if there is one, and sets the server's clock by the answer. A token that is
 * refused is forgotten, and the request sent without: most of the store is for everybody.
 */
export async function send(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = operatorToken.get();
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const sentAt = Date.now();
  const response = await fetch(input, { ...init, headers });
  serverClock.observe(response.headers.get('date'), sentAt, Date.now());
  return token !== null && (await refusesToken(token, response)) ? send(input, init) : response;
}

/** Fetches once, the whole answer. Rejects when it has not come after `ms` milliseconds. */
export function fetchOnce(input: RequestInfo | URL, init: RequestInit = {}, ms = answerMs(0)): Promise<Response> {
  return withDeadline(ms, init.signal, async (signal) => {
    const response = await send(input, { ...init, signal });
    // The whole text is awaited here: a server that dies while it answers has not answered.
    return new Response(await response.text(), response);
  });
}

/**
 * Fetches until the server has answered, however long it is gone or asks to wait. Everything sent this way is safe to send
 * again: queries, and mutations that carry an idempotency key or mean the same when repeated.
 */
export async function fetchPersistently(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const patience = new Patience();
  let timeouts = 0;
  try {
    for (let attempt = 0; ; attempt++) {
      let refusal = GONE;
      try {
        const response = await fetchOnce(input, init, answerMs(timeouts));
        const refused = await refusalIn(response);
        if (!refused) return response;
        refusal = refused;
      } catch (error) {
        if (init.signal?.aborted) throw error;
        if (error instanceof TimeoutError) timeouts++;
      }
      await patience.wait(refusal, attempt, init.signal);
    }
  } finally {
    patience.end();
  }
}

async function refusalIn(response: Response): Promise<Refusal | undefined> {
  const text = await response.clone().text();
  // Nearly all answers are good ones, and are parsed by their reader alone.
  return response.ok && !text.includes('"retryable"') ? undefined : refusalOf(response, resultIn(text));
}
