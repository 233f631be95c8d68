import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import { commandOf, signal, until } from '../../server/infra/processes.ts';

const patienceMs = 110_000;

export type Supervisor = Readonly<{
  pid: number;
  /** Everything it and its server printed so far. */
  output(): string;
  /** Waits until the output matches and returns the match. Throws with the output when it does not. */
  prints(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Resolves to the exit code, or to the signal that killed it. */
  exit: Promise<number | NodeJS.Signals>;
  signal(name: NodeJS.Signals): void;
  /** Signals its whole process group, as a terminal does. */
  press(name: NodeJS.Signals): void;
}>;

export type Bench = Readonly<{
  dataDir: string;
  port: number;
  start(env?: Record<string, string>, command?: readonly string[]): Supervisor;
  /** Asks the fake server which process it is. */
  serverPid(): Promise<number>;
  crash(): Promise<void>;
  /** Kills the server that is recorded in a file of the data folder. */
  killRecorded(file: string): Promise<void>;
}>;

const fake = ['--import', 'tsx', fileURLToPath(new URL('./run-supervisor.ts', import.meta.url))];

/** Gives each test a data folder, a port and a way to start supervisors, and ends every process of it afterwards. */
export function useBench(): Bench {
  let dataDir = '';
  let port = 0;
  let started: ChildProcess[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'supervisor-test-'));
    await chmod(dataDir, 0o755);
    port = await freePort();
    started = [];
  });

  afterEach(async () => {
    for (const child of started) child.kill('SIGKILL');
    const servers = (await readdir(dataDir)).filter((name) => /^server.*\.pid$/.test(name));
    for (const file of [...servers, 'postgres/data/postmaster.pid']) {
      const pid = Number.parseInt(await readFile(join(dataDir, file), 'utf8').catch(() => ''), 10);
      if (!pid || !/fake-server|main\.js|postgres/.test(await commandOf(pid))) continue;
      signal(pid, file.startsWith('server') ? 'SIGKILL' : 'SIGQUIT');
      await until(() => gone(pid), patienceMs);
    }
    const home = await realpath(join(dataDir, 'postgres')).catch(() => dataDir);
    await rm(home, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  });

  return {
    get dataDir() {
      return dataDir;
    },
    get port() {
      return port;
    },
    start(env = {}, command = fake) {
      const child = spawn(process.execPath, command, {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, DATABASE_URL: 'postgresql://unused', DATA_DIR: dataDir, PORT: String(port), ...env },
      });
      started.push(child);
      return observe(child);
    },
    serverPid: async () => Number(await (await fetch(`http://127.0.0.1:${port}/`)).text()),
    killRecorded: async (file) => {
      process.kill(Number.parseInt(await readFile(join(dataDir, file), 'utf8'), 10), 'SIGKILL');
    },
    crash: async () => void (await fetch(`http://127.0.0.1:${port}/crash`).catch(() => {})),
  };
}

function observe(child: ChildProcess): Supervisor {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  const pid = child.pid ?? 0;
  const exit = new Promise<number | NodeJS.Signals>((done) =>
    // Not 'close': an orphaned server holds the pipes open.
    child.once('exit', (code, name) => done(code ?? name ?? -1)),
  );
  return {
    pid,
    exit,
    output: () => text,
    prints: async (pattern) => {
      const match = await until(async () => text.match(pattern) ?? undefined, patienceMs, 10);
      if (!match) throw new Error(`No ${pattern} in the output:\n${text}`);
      return match;
    },
    signal: (name) => void child.kill(name),
    press: (name) => void signal(-pid, name),
  };
}

/** Resolves to true when the process is gone, and to undefined while it is not: for `until`. */
export const gone = async (pid: number): Promise<true | undefined> =>
  (await commandOf(pid)) === '' ? true : undefined;

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
