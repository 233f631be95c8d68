import { setTimeout as delay } from 'node:timers/promises';
import { type Client, clientOf } from '../support/client.ts';

const PATIENCE_MS = 25_000;

/**
 * Makes a client that does what clients should: it sends again, with the same key, what got no answer, until there is
 * one. Throws, with the last failure, when there is none within 25 seconds.
 */
export function patientClientOf(...urls: string[]): Client {
  const clients = urls.map((url) => clientOf(url));
  return new Proxy(clients[0]!, {
    get:
      (_, name: keyof Client) =>
      async (...args: unknown[]) => {
        const end = performance.now() + PATIENCE_MS;
        for (let tries = 0; ; tries++) {
          const client = clients[tries % clients.length]!;
          try {
            return await (client[name] as (...args: unknown[]) => Promise<unknown>)(...args);
          } catch (error) {
            if (performance.now() > end) throw error;
            await delay(50);
          }
        }
      },
  });
}
