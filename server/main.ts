import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type App, startApp } from './app.ts';
import { seedCatalogue } from './catalog/seed.ts';
import { ConfigError, type Env, readEnv } from './env.ts';
import { HttpServer } from './http/http-server.ts';
import { databaseFailure } from './infra/database-errors.ts';
import { EngineDiffersError } from './infra/fast/start.ts';
import { isInTheClear } from './infra/hosts-client.ts';
import { log, setLogLevel } from './infra/log.ts';
import { migrate } from './infra/migrate.ts';
import { migrateEngine } from './infra/migrate-engine.ts';
import { connectionsByDescriptors } from './limits/descriptors.ts';
import { plugins } from './plugins.ts';

/** What went wrong is ours; see sysexits.h for this and the following. */
const EXIT_SOFTWARE = 70;
/** Exit codes for what starting again would not mend. */
const EXIT_CONFIG = 78;
const EXIT_PORT_IN_USE = 76;
/** How long a load balancer may take to notice that `/readyz` fails. A supervisor knows whom it has told to end. */
const NOTICE_MS = process.send ? 250 : 3_000;
/** Requests under way get this long to finish. */
const PATIENCE_MS = 3_000;
/** Handing over what runs takes milliseconds, where the database answers and the machine is not busy; by then all is over. */
const ENDED_WITHIN_MS = 9_500;

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

/** The sessions that listen and hold the lease. */
const LASTING_SESSIONS = 2;

function mostConnections({ limits, databasePool, enginePool, groupPool }: Env): number {
  const { connections } = limits.http;
  const possible = connectionsByDescriptors(databasePool + enginePool + groupPool + LASTING_SESSIONS);
  if (possible < connections)
    log.info({ connections: possible }, 'fewer connections than LIMIT_CONNECTIONS: raise the limit of open files');
  return Math.min(connections, possible);
}

/** Told to end before it is ready, it has answered nobody; others find what it may have taken over. */
let end: (noticeMs: number) => unknown = () => process.exit(0);
process.on('SIGTERM', () => end(NOTICE_MS)).on('SIGINT', () => end(0));

const env = configuration();
const connections = mostConnections(env);
const tell = (message: string) => process.send?.({ type: 'progress', message });
const direct = env.directDatabaseUrl ?? env.databaseUrl;
if (isInTheClear(env.databaseUrl) || isInTheClear(direct))
  log.warn('the database is on another machine, and what is said to it is not encrypted: see docs/operations.md');
const app = await start().catch((error: Error) => {
  if (error instanceof EngineDiffersError) fail(EXIT_CONFIG, error.message);
  if (databaseFailure(error).retriable) fail(1, `The database cannot be reached: ${error.message}`);
  throw error;
});
const http = new HttpServer(app.handle, { ...env.limits.http, connections });
const port = await listen(http.server, env);
const url = `http://${env.host === '127.0.0.1' ? 'localhost' : env.host}:${port}`;
log.info({ url, executorId: app.executorId }, 'ready');
if (env.demo) log.warn('this is a demo: the fields of operators, payments and the crash button are open to everybody');
process.send?.({ type: 'ready', url });

async function start(): Promise<App> {
  await Promise.all([migrate(direct, tell), migrateEngine(direct)]);
  if (env.demo) await seedCatalogue(env.databaseUrl);
  return startApp(env, env.databaseUrl, plugins);
}

let stopping = false;
async function stop(noticeMs: number, exitCode = 0): Promise<void> {
  if (stopping) return;
  stopping = true;
  const begun = performance.now();
  app.drain();
  await http.end(noticeMs, PATIENCE_MS);
  const handedOver = app.stop().then(
    () => true,
    (error: Error) => log.warn({ error: error.message }, 'the workflows were not handed over'),
  );
  // Where they were not, others take them for orphans.
  process.exit((await Promise.race([handedOver, delay(ENDED_WITHIN_MS - (performance.now() - begun))])) ? exitCode : 1);
}
end = stop;
// What nobody caught may have left anything half-done in memory: what is under way is finished, and another process starts.
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'uncaught: this process ends');
  void stop(0, EXIT_SOFTWARE);
});
// The supervisor is gone: nobody would end this process any more.
process.on('disconnect', () => stop(0));
if (process.send && !process.connected) void stop(0);
