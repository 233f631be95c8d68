import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Finds out, by listening for a moment, why a port can not be used: the system's code for it, undefined if it can.
 * A port that is in use is tried again for `patienceMs`.
 */
export async function portProblem(host: string, port: number, patienceMs: number): Promise<string | undefined> {
  for (const end = performance.now() + patienceMs; ; await delay(50)) {
    const problem = await listenBriefly(host, port);
    if (problem !== 'EADDRINUSE' || performance.now() >= end) return problem;
  }
}

function listenBriefly(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}
