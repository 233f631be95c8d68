import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { startApp } from './app.ts';
import { seedCatalogue } from './catalog/seed.ts';
import { drainable } from './drain.ts';
import { ConfigError, type Env, readEnv } from './env.ts';
import { NotConnectedError } from './infra/hosts-client.ts';
import { log, setLogLevel } from './infra/log.ts';
import { migrate } from './infra/migrate.ts';
import { migrateEngine } from './infra/migrate-engine.ts';

/** Exit codes for what starting again would not mend; see sysexits.h. */
const EXIT_CONFIG = 78;
const EXIT_PORT_IN_USE = 76;
/** How long a load balancer may take to notice that `/readyz` fails. A supervisor knows whom it has told to end. */
const NOTICE_MS = process.send ? 250 : 3_000;
/** Requests under way get this long to finish. */
const PATIENCE_MS = 3_000;
/** Handing over what runs takes milliseconds, where the database answers. */
const HAND_OVER_MS = 3_000;

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

async function listen(server: Server, { port, host, listenFd }: Env): Promise<number> {
  const where = listenFd === undefined ? { port, host } : { fd: listenFd };
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(where, resolve)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        fail(EXIT_PORT_IN_USE, `Port ${port} of ${host} is in use: set PORT to another.`);
      throw error;
    },
  );
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** Told to end before it is ready, it has answered nobody; others find what it may have taken over. */
let end: (noticeMs: number) => unknown = () => process.exit(0);
process.on('SIGTERM', () => end(NOTICE_MS)).on('SIGINT', () => end(0));

const env = configuration();
const tell = (message: string) => process.send?.({ type: 'progress', message });
const direct = env.directDatabaseUrl ?? env.databaseUrl;
await Promise.all([migrate(direct, tell), migrateEngine(direct)]).catch((error: Error) => {
  if (error instanceof NotConnectedError) fail(1, `The database cannot be reached: ${error.message}`);
  throw error;
});
if (env.demo) await seedCatalogue(env.databaseUrl);
const app = await startApp(env, env.databaseUrl);
const server = createServer(app.handle);
const drain = drainable(server);
const port = await listen(server, env);
const url = `http://${env.host === '127.0.0.1' ? 'localhost' : env.host}:${port}`;
log.info({ url, executorId: app.executorId }, 'ready');
process.send?.({ type: 'ready', url });

let stopping = false;
async function stop(noticeMs: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  app.drain();
  await drain(noticeMs, PATIENCE_MS);
  const handedOver = app.stop().then(
    () => true,
    (error: Error) => log.warn({ error: error.message }, 'the workflows were not handed over'),
  );
  // Where they were not, others take them for orphans.
  process.exit((await Promise.race([handedOver, delay(HAND_OVER_MS)])) ? 0 : 1);
}
end = stop;
// The supervisor is gone: nobody would end this process any more.
process.on('disconnect', () => stop(0));
if (process.send && !process.connected) void stop(0);
