import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { gone, type Supervisor, useBench } from './harness.ts';

const bench = useBench();

/** The processes that answer, once as many do; the system gives a connection to whichever comes first. */
async function servers(count: number): Promise<number[]> {
  const pids = new Set<number>();
  await eventually(`${count} servers answer`, async () => {
    for (const pid of await Promise.all(Array.from({ length: 8 }, bench.serverPid))) pids.add(pid);
    return pids.size >= count;
  });
  return [...pids];
}

async function startTwo(env: Record<string, string> = {}): Promise<{ supervisor: Supervisor; pids: number[] }> {
  const supervisor = bench.start({ WORKERS: '2', ...env });
  await supervisor.prints(/Server 1 is ready/);
  await supervisor.prints(/Server 2 is ready/);
  return { supervisor, pids: await servers(2) };
}

const records = async () => (await readdir(bench.dataDir)).filter((name) => name.startsWith('server'));

test('two servers share the port, and end together', async () => {
  const { supervisor, pids } = await startTwo();
  expect(supervisor.output().match(/Store http/g)).toHaveLength(1);
  expect((await records()).sort()).toEqual(['server-2.pid', 'server.pid']);
  supervisor.press('SIGINT');
  expect(await supervisor.exit).toBe(0);
  for (const pid of pids) expect(await gone(pid)).toBe(true);
  expect(await records()).toEqual([]);
});

test('while one that was killed comes back, the other answers', async () => {
  const { supervisor, pids } = await startTwo();
  process.kill(pids[0]!, 'SIGKILL');
  await supervisor.prints(/! Server \d ended \(killed by SIGKILL\)/);
  while (!/is back after/.test(supervisor.output())) expect(await bench.serverPid()).not.toBe(pids[0]);
  expect(await servers(2)).toHaveLength(2);
});

test('connections to the only server wait while it starts again', async () => {
  const supervisor = bench.start();
  await supervisor.prints(/Store http/);
  const first = await bench.serverPid();
  process.kill(first, 'SIGKILL');
  await eventually('it is gone', () => gone(first));
  expect(await bench.serverPid()).not.toBe(first);
});

test('servers are replaced one after the other, and nobody is refused', async () => {
  const { supervisor, pids } = await startTwo();
  supervisor.signal('SIGUSR2');
  let answers = 0;
  while (!/Server 2 is replaced/.test(supervisor.output())) {
    await bench.serverPid();
    answers++;
  }
  expect(answers).toBeGreaterThan(0);
  expect(supervisor.output()).toMatch(/Server 1 is replaced\.\n.*Server 2 is replaced\./s);
  for (const pid of pids) expect(await gone(pid)).toBe(true);
  const after = await servers(2);
  expect(after.filter((pid) => pids.includes(pid))).toEqual([]);
  expect(await records()).toHaveLength(2);
});

test('a server is kept when the one that should replace it does not start', async () => {
  const { supervisor, pids } = await startTwo();
  await writeFile(join(bench.dataDir, 'fake-exit'), '78');
  supervisor.signal('SIGUSR2');
  await supervisor.prints(/! Server 1 is not replaced: the new one ended \(exit code 78\)\./);
  expect((await servers(2)).sort()).toEqual(pids.sort());
});

test('a change during a replacement brings another one', async () => {
  const { supervisor } = await startTwo();
  supervisor.signal('SIGUSR2');
  await supervisor.prints(/fake progress.*fake progress.*fake progress/s);
  supervisor.signal('SIGUSR2');
  await supervisor.prints(/Server 2 is replaced/);
  expect(await servers(2)).toHaveLength(2);
  expect(await records()).toHaveLength(2);
});

test('the servers of a killed supervisor are ended before others begin', async () => {
  const { supervisor, pids } = await startTwo();
  supervisor.signal('SIGKILL');
  await supervisor.exit;
  await bench.start().prints(/Store http/);
  for (const pid of pids) expect(await gone(pid)).toBe(true);
});

test('what one server can not mend by starting again ends all', async () => {
  const { supervisor, pids } = await startTwo();
  await writeFile(join(bench.dataDir, 'fake-exit'), '78');
  process.kill(pids[0]!, 'SIGKILL');
  expect(await supervisor.exit).toBe(78);
  expect(await gone(pids[1]!)).toBe(true);
});
