import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gone, useBench } from './harness.ts';

const bench = useBench();

test('a second start with the same data says which process has it, and leaves it alone', async () => {
  const first = bench.start();
  await first.prints(/Store http/);
  const server = await bench.serverPid();
  const second = bench.start();
  expect(await second.exit).toBe(1);
  await second.prints(new RegExp(`already running with the data in ${bench.dataDir} \\(process ${first.pid}\\)`));
  expect(await bench.serverPid()).toBe(server);
});

test('a port that is taken is told before anything slow is done', async () => {
  const other = createServer().listen(bench.port, '127.0.0.1');
  try {
    const supervisor = bench.start();
    expect(await supervisor.exit).toBe(76);
    await supervisor.prints(new RegExp(`Port ${bench.port} is used by another program`));
    expect(supervisor.output()).not.toContain('fake build');
  } finally {
    other.close();
  }
});

test('starts right after a kill, and waits for the old server to go', async () => {
  const killed = bench.start();
  await killed.prints(/Store http/);
  const orphan = await bench.serverPid();
  killed.signal('SIGKILL');
  await killed.exit;
  await bench.start().prints(/Store http/);
  expect(await bench.serverPid()).not.toBe(orphan);
  expect(await gone(orphan)).toBe(true);
});

test('ends the server of a killed supervisor by force if it does not go', async () => {
  const killed = bench.start({ FAKE_STUBBORN: '1' });
  await killed.prints(/Store http/);
  const orphan = await bench.serverPid();
  killed.signal('SIGKILL');
  await killed.exit;
  await bench.start({ GRACE_MS: '300' }).prints(/Store http/);
  expect(await gone(orphan)).toBe(true);
});

test('takes over a lock and leaves a process alone whose ids another program has by now', async () => {
  for (const file of ['supervisor.pid', 'server.pid'])
    await writeFile(join(bench.dataDir, file), `${process.pid}\nanother begin\n`);
  await bench.start().prints(/Store http/);
});
