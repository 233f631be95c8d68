import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { root } from '../../server/infra/root.ts';
import { createDatabase } from './database.ts';

export type StoreOptions = {
  /** Configuration beside the database and the port, as in `{ DISPATCH_STEP_MS: '50' }`. */
  env?: Record<string, string>;
  /** A database to share; one of its own unless told. */
  databaseUrl?: string;
};

/** A real server process on a real database. */
export type RunningStore = {
  readonly url: string;
  readonly databaseUrl: string;
  readonly pid: number;
  /** What the server has written to its log. */
  readonly log: string;
  /** Ends the process by a signal and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and database, and waits until it answers. */
  restart(): Promise<void>;
  /** Waits until the process is gone by itself, and returns its exit code; null when a signal ended it. */
  gone(): Promise<number | null>;
  /** Ends it for good, and drops its database if it has one of its own. */
  stop(): Promise<void>;
};

/** Starts the built server and waits until it answers. It is stopped after the tests of the file, if not before. */
export async function startServer({ env = {}, databaseUrl }: StoreOptions = {}): Promise<RunningStore> {
  const database = databaseUrl === undefined ? await createDatabase() : undefined;
  const url = databaseUrl ?? database!.url;
  const port = await freePort();
  let log = '';
  let child: ChildProcess;

  const start = async () => {
    child = spawn(process.execPath, [join(root, 'dist/server/main.js')], {
      env: { PATH: process.env.PATH, NODE_ENV: 'development', ...env, DATABASE_URL: url, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    const starting = child;
    await new Promise<void>((resolve, reject) => {
      starting.on('message', (message: { type?: string }) => message.type === 'ready' && resolve());
      starting.once('exit', (code, signal) => reject(new Error(`The server ended (${code ?? signal}):\n${log}`)));
    });
  };
  const running = () => child.exitCode === null && child.signalCode === null;
  const gone = async () => {
    if (running()) await once(child, 'exit');
    return child.exitCode;
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (running()) child.kill(signal);
    await gone();
  };
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await kill('SIGTERM');
    await database?.drop();
  };

  await start();
  afterAll(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    databaseUrl: url,
    get pid() {
      return child.pid!;
    },
    get log() {
      return log;
    },
    kill,
    restart: start,
    gone,
    stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
