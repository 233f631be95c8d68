import { afterAll } from 'vitest';
import { createDatabase } from './database.ts';
import { type ServerProcess, serverProcess } from './server-process.ts';

export type StoreOptions = {
  /** Configuration beside the database and the port, as in `{ DISPATCH_STEP_MS: '50' }`. */
  env?: Record<string, string>;
  /** A database to share; one of its own unless told. */
  databaseUrl?: string;
};

/** A real server process on a real database. */
export type RunningStore = Omit<ServerProcess, 'start'> & {
  readonly databaseUrl: string;
  /** Starts it again on the same port and database, and waits until it answers. */
  restart(): Promise<void>;
  /** Ends it for good, and drops its database if it has one of its own. */
  stop(): Promise<void>;
};

/** Starts the built server and waits until it answers. It is stopped after the tests of the file, if not before. */
export async function startServer({ env = {}, databaseUrl }: StoreOptions = {}): Promise<RunningStore> {
  const database = databaseUrl === undefined ? await createDatabase() : undefined;
  const url = databaseUrl ?? database!.url;
  const server = await serverProcess(url, env);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await server.kill('SIGTERM');
    await database?.drop();
  };
  await server.start();
  afterAll(stop);
  return {
    url: server.url,
    databaseUrl: url,
    get pid() {
      return server.pid;
    },
    get running() {
      return server.running;
    },
    get log() {
      return server.log;
    },
    kill: server.kill,
    restart: () => server.start(),
    gone: server.gone,
    stop,
  };
}
