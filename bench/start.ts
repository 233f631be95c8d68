import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../server/infra/root.ts';
import type { Bench, Part } from './support/part.ts';
import { atMost, figure, type Row, rowOf } from './support/report.ts';

const READY_MS = 2_500;
const BACK_MS = 1_000;
const LONGEST_MS = 90_000;
const ASK_AGAIN_MS = 5;
const LONGEST_SAID = 2_000;

/** From `npm start` to the first answer, and from a crash to the next one, with the data and the builds there. */
export const startAndCrash: Part = { name: 'start', run };

async function run({ options, progress, keep }: Bench): Promise<Row[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'checkout-bench-start-'));
  // Another account has to enter when this one is root, since PostgreSQL refuses to run as root.
  await chmod(dataDir, 0o755);
  const ready: number[] = [];
  const back: number[] = [];
  try {
    // The first start makes the data and builds what is missing: it does not count.
    for (let round = 0; round <= options.rounds; round++) {
      const times = await startOnce(dataDir);
      if (round === 0) continue;
      ready.push(times.readyMs);
      back.push(times.backMs);
      progress(
        `round ${round}: ready after ${figure(times.readyMs)} ms, back after a crash in ${figure(times.backMs)} ms`,
      );
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  keep('start', { ready, back });
  const unit = 'ms';
  return [
    rowOf('start', {
      what: 'npm start, to the first answer',
      unit,
      values: ready,
      goal: `≤ ${READY_MS}`,
      holds: atMost(READY_MS),
    }),
    rowOf('start', {
      what: 'answering again after a crash',
      unit,
      values: back,
      goal: `≤ ${BACK_MS}`,
      holds: atMost(BACK_MS),
    }),
  ];
}

async function startOnce(dataDir: string): Promise<{ readyMs: number; backMs: number }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, DATA_DIR: dataDir, PORT: String(port), DATABASE_URL: '', NO_COLOR: '1' };
  const begun = performance.now();
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  npm.stderr.on('data', (data) => {
    said = `${said}${data}`.slice(-LONGEST_SAID);
  });
  const ended = once(npm, 'exit');
  const endedEarly = ended.then(([code]) => {
    throw new Error(`npm start ended by itself (${code}): ${said}`);
  });
  endedEarly.catch(() => {});
  const answers = () => Promise.race([untilReady(url), endedEarly]);
  const abandon = () => process.kill(-npm.pid!, 'SIGTERM');
  process.once('exit', abandon);
  try {
    await answers();
    const readyMs = performance.now() - begun;
    const record = await readFile(join(dataDir, 'server.pid'), 'utf8');
    const pid = Number(record.match(/\d+/)?.[0]);
    const crashed = performance.now();
    process.kill(pid, 'SIGKILL');
    await answers();
    return { readyMs, backMs: performance.now() - crashed };
  } finally {
    process.off('exit', abandon);
    // Npm and what it started are a group of their own, as in a terminal.
    if (npm.exitCode === null) process.kill(-npm.pid!, 'SIGINT');
    await ended;
    await untilStopped(dataDir);
  }
}

async function untilReady(url: string): Promise<void> {
  for (const end = performance.now() + LONGEST_MS; performance.now() < end; await delay(ASK_AGAIN_MS)) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    await response?.text().catch(() => {});
    if (response?.ok) return;
  }
  throw new Error('the server was not ready in time');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the data is let go: npm ends before what it started does. */
async function untilStopped(dataDir: string): Promise<void> {
  for (const end = performance.now() + LONGEST_MS; performance.now() < end; await delay(50))
    if (!existsSync(join(dataDir, 'supervisor.pid'))) return;
  throw new Error('the store did not stop in time');
}
