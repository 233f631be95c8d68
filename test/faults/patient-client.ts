import { setTimeout as delay } from 'node:timers/promises';
import { type Client, clientOf } from '../support/client.ts';

const PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 400;

/**
 * Makes a client that does what clients should: it sends again, with the same key, what got no answer, after waits that
 * grow, until there is one. Throws, with the last failure, when there is none within 60 seconds.
 */
export const patientClientOf = (...urls: string[]): Client =>
  patient(
    urls.map((url) => clientOf(url)),
    PATIENCE_MS,
  );

/** Makes one that has more patience, and that turns to the next server when one does not answer in time. */
export const tirelessClientOf = (urls: readonly string[], patienceMs: number, timeoutMs: number): Client =>
  patient(
    urls.map((url) =>
      clientOf(url, undefined, async (address, init) => {
        const response = await fetch(address, { ...init, signal: AbortSignal.timeout(timeoutMs) });
        // The body is part of the answer: it has to be there in time too.
        return new Response(await response.text(), response);
      }),
    ),
    patienceMs,
  );

function patient(clients: Client[], patienceMs: number): Client {
  return new Proxy(clients[0]!, {
    get:
      (_, name: keyof Client) =>
      async (...args: unknown[]) => {
        const end = performance.now() + patienceMs;
        for (let tries = 0; ; tries++) {
          const client = clients[tries % clients.length]!;
          try {
            return await (client[name] as (...args: unknown[]) => Promise<unknown>)(...args);
          } catch (error) {
            if (performance.now() > end) throw error;
            await delay(Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS) * (0.5 + Math.random()));
          }
        }
      },
  });
}
