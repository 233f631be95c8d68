import { createServer } from 'node:net';

/** Finds out, by listening for a moment, why a port can not be used: the system's code for it, undefined if it can. */
export function portProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}
