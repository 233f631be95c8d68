import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { NODE_FLAGS } from '../../server/infra/node-flags.ts';
import { root } from '../../server/infra/root.ts';
import { noteLog } from './log.ts';

/** What is kept of a server's log: its end. */
const LOG_LENGTH = 500_000;

/** A process of the built server, which can be started again and again on the same port and database. */
export type ServerProcess = {
  readonly url: string;
  readonly pid: number;
  /** Whether there is a process, ready or not. */
  readonly running: boolean;
  /** What the server has written to its log. */
  readonly log: string;
  /** Starts it and waits until it answers. Throws with its log when it ends instead. */
  start(env?: Record<string, string>): Promise<void>;
  /** Ends the process by a signal and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Waits until the process is gone by itself, and returns its exit code; null when a signal ended it. */
  gone(): Promise<number | null>;
};

/**
 * Makes a server that has not been started yet, on a free port. `env`: configuration beside the database and the port.
 * `openFiles`: how many file descriptors the system lets it have.
 */
export async function serverProcess(
  databaseUrl: string,
  env: Record<string, string> = {},
  openFiles?: number,
): Promise<ServerProcess> {
  const port = await freePort();
  let log = '';
  let child: ChildProcess | undefined;

  const start = async (more: Record<string, string> = {}) => {
    const node = [process.execPath, ...NODE_FLAGS, join(root, 'dist/server/main.js')] as const;
    const limited = ['sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, ...node] as const;
    const [command, ...args] = openFiles === undefined ? node : limited;
    const starting = spawn(command, args, {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'development',
        ...env,
        ...more,
        DATABASE_URL: databaseUrl,
        PORT: String(port),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = starting;
    let rest = '';
    for (const stream of [starting.stdout, starting.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-LOG_LENGTH);
        rest += text;
        const lines = rest.split('\n');
        rest = lines.pop()!;
        for (const line of lines) noteLog(line, 'a server');
      });
    await new Promise<void>((resolve, reject) => {
      starting.on('message', (message: { type?: string }) => message.type === 'ready' && resolve());
      starting.once('exit', (code, signal) => reject(new Error(`The server ended (${code ?? signal}):\n${log}`)));
    });
  };
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const gone = async () => {
    if (child && running()) await once(child, 'exit');
    return child?.exitCode ?? null;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return child?.pid ?? 0;
    },
    get log() {
      return log;
    },
    get running() {
      return running();
    },
    start,
    async kill(signal = 'SIGKILL') {
      if (running()) child?.kill(signal);
      await gone();
    },
    gone,
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
