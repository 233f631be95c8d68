import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { signal } from '../infra/processes.ts';
import { recordProcess } from './lock.ts';

/** How a server process ended. */
export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

export type Child = Readonly<{
  /** The address that the server listens on; undefined when it ended before. */
  ready: Promise<string | undefined>;
  exit: Promise<Exit>;
  /** Tells it to end, by force after `graceMs`; resolves when it has ended. */
  stop(graceMs?: number): Promise<void>;
}>;

export type ChildOptions = Readonly<{
  command: readonly [string, ...string[]];
  env: NodeJS.ProcessEnv;
  /** Where the process is recorded while it runs, for a supervisor that comes after this one was killed. */
  record: string;
  onProgress: (message: string) => void;
}>;

/** What the server process tells us. */
type Told = { type: 'ready' | 'progress'; url: string; message: string };

/** Starts the server process, in a group of its own: Ctrl-C in a terminal must not reach it beside our own order. */
export function startChild({ command: [program, ...args], env, record, onProgress }: ChildOptions): Child {
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const recorded = child.pid ? recordProcess(record, child.pid) : undefined;
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
    exit.then(
      () => done(undefined),
      () => done(undefined),
    );
  });
  return { ready, exit, stop: (graceMs = 10_000) => stop(child, exit, graceMs) };
}

async function stop(child: ChildProcess, exit: Promise<Exit>, graceMs: number): Promise<void> {
  if (!child.pid) return;
  const group = -child.pid;
  if (graceMs > 0) child.kill('SIGTERM');
  const force = setTimeout(() => signal(group, 'SIGKILL'), graceMs);
  await exit;
  clearTimeout(force);
}
