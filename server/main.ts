import { createServer, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { startApp } from './app.ts';
import { seedCatalogue } from './catalog/seed.ts';
import { ConfigError, readEnv } from './env.ts';
import { log, setLogLevel } from './infra/log.ts';
import { migrate } from './infra/migrate.ts';

/** Exit codes for what starting again would not mend; see sysexits.h. */
const EXIT_CONFIG = 78;
const EXIT_PORT_IN_USE = 76;
/** Requests under way get this long to finish. */
const DRAIN_MS = 3_000;
const LAST_MOMENT_MS = 9_000;

function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function configuration() {
  try {
    const env = readEnv();
    if (env.databaseUrl === undefined) throw new ConfigError('DATABASE_URL: must be set');
    setLogLevel(env.logLevel);
    return { ...env, databaseUrl: env.databaseUrl };
  } catch (error) {
    if (error instanceof ConfigError) fail(EXIT_CONFIG, `The configuration is not usable:\n${error.message}`);
    throw error;
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        fail(EXIT_PORT_IN_USE, `Port ${port} of ${host} is in use: set PORT to another.`);
      throw error;
    },
  );
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** Keeps track of the streams that are open: they have no end of their own to wait for. */
function streamsOf(server: Server): () => ServerResponse[] {
  const responses = new Set<ServerResponse>();
  server.on('request', (_request, response: ServerResponse) => {
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  const isStream = (response: ServerResponse) => String(response.getHeader('content-type')).includes('event-stream');
  return () => [...responses].filter(isStream);
}

const env = configuration();
await migrate(env.databaseUrl, (message) => process.send?.({ type: 'progress', message }));
if (env.demo) await seedCatalogue(env.databaseUrl);
const app = await startApp(env, env.databaseUrl);
const server = createServer(app.handle);
const openStreams = streamsOf(server);
const port = await listen(server, env.port, env.host);
const url = `http://${env.host === '127.0.0.1' ? 'localhost' : env.host}:${port}`;
log.info({ url, executorId: app.executorId }, 'ready');
process.send?.({ type: 'ready', url });

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), LAST_MOMENT_MS).unref();
  app.drain();
  server.close();
  server.closeIdleConnections();
  // Their clients resume after the version they have, at the next process.
  for (const stream of openStreams()) stream.destroy();
  const closed = new Promise((resolve) => server.once('close', resolve));
  await Promise.race([closed, delay(DRAIN_MS)]);
  server.closeAllConnections();
  await app.stop();
  process.exit(0);
}
process.on('SIGTERM', stop).on('SIGINT', stop);
// The supervisor is gone: nobody would end this process any more.
process.on('disconnect', stop);
if (process.send && !process.connected) void stop();
