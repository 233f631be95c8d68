import { type StdioOptions, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { signal } from '../infra/processes.ts';
import { recordProcess } from './lock.ts';

/** How a server process ended. */
export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

export type Child = Readonly<{
  /** The address that the server listens on; undefined when it ended before. */
  ready: Promise<string | undefined>;
  exit: Promise<Exit>;
  /** Tells it to end, by force after a while; resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends it by force; resolves when it has ended. */
  kill(): Promise<void>;
}>;

export type ChildOptions = Readonly<{
  command: readonly [string, ...string[]];
  env: NodeJS.ProcessEnv;
  /** The file descriptor of the port that it listens on, together with others; it gets it as `LISTEN_FD`. */
  listenFd: number;
  /** Where the process is recorded while it runs, for a supervisor that comes after this one was killed. */
  record: string;
  onProgress: (message: string) => void;
  /** How long it may take to end when told to. Default: 10 s. */
  graceMs?: number | undefined;
}>;

/** What the server process tells us. */
type Told = { type: 'ready' | 'progress'; url: string; message: string };

/** Starts the server process, in a group of its own: Ctrl-C in a terminal must not reach it beside our own order. */
export function startChild(options: ChildOptions): Child {
  const { command, listenFd, record, onProgress, graceMs = 10_000 } = options;
  const [program, ...args] = command;
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', listenFd, 'ipc'];
  const env = { ...options.env, LISTEN_FD: String(stdio.indexOf(listenFd)) };
  const child = spawn(program, args, { env, detached: true, stdio });
  // Without a record the server runs as well; only the successor of a killed supervisor would miss it.
  const recorded = child.pid ? recordProcess(record, child.pid).catch(() => {}) : undefined;
  const exit = new Promise<Exit>((done) => {
    child.once('exit', (code, name) => done({ code, signal: name }));
    child.once('error', (error) => {
      onProgress(`could not be started: ${error.message}`);
      if (!child.pid) done({ code: null, signal: null });
    });
  }).then(async (ended) => {
    await recorded;
    await rm(record, { force: true });
    return ended;
  });
  const ready = new Promise<string | undefined>((done) => {
    child.on('message', (message) => {
      const told = message as Partial<Told> | null;
      if (told?.type === 'ready') done(String(told.url));
      if (told?.type === 'progress') onProgress(String(told.message));
    });
    void exit.then(() => done(undefined));
  });
  const kill = async () => {
    if (child.pid && child.exitCode === null && child.signalCode === null) signal(-child.pid, 'SIGKILL');
    await exit;
  };
  const stop = async () => {
    const force = setTimeout(kill, graceMs);
    child.kill('SIGTERM');
    await exit;
    clearTimeout(force);
  };
  return { ready, exit, stop, kill };
}
