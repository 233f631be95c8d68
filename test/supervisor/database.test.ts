import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gone, useBench } from './harness.ts';

const bench = useBench();
const embedded = { DATABASE_URL: '' };

const postmaster = async () =>
  Number.parseInt(await readFile(join(bench.dataDir, 'postgres/data/postmaster.pid'), 'utf8'), 10);

test('runs the embedded PostgreSQL and stops it at the end', async () => {
  const supervisor = bench.start(embedded);
  await supervisor.prints(/PostgreSQL ready.*Store http/s);
  const pid = await postmaster();
  supervisor.press('SIGINT');
  expect(await supervisor.exit).toBe(0);
  expect(await gone(pid)).toBe(true);
});

test('brings a killed PostgreSQL back while the server goes on', async () => {
  const supervisor = bench.start(embedded);
  await supervisor.prints(/Store http/);
  const server = await bench.serverPid();
  const killed = await postmaster();
  process.kill(killed, 'SIGKILL');
  await supervisor.prints(/PostgreSQL ended; it is back after \d+ ms/);
  const pid = await postmaster();
  expect(pid).not.toBe(killed);
  expect(await bench.serverPid()).toBe(server);
  supervisor.signal('SIGTERM');
  expect(await supervisor.exit).toBe(0);
  expect(await gone(pid)).toBe(true);
});

test('adopts the PostgreSQL of a killed supervisor', async () => {
  const killed = bench.start(embedded);
  await killed.prints(/Store http/);
  const pid = await postmaster();
  killed.signal('SIGKILL');
  await killed.exit;
  const supervisor = bench.start(embedded);
  await supervisor.prints(/Store http/);
  expect(await postmaster()).toBe(pid);
  supervisor.signal('SIGTERM');
  expect(await supervisor.exit).toBe(0);
  expect(await gone(pid)).toBe(true);
});

test('says what to do when PostgreSQL can not start', async () => {
  await symlink(join(bench.dataDir, 'nowhere'), join(bench.dataDir, 'postgres'));
  const supervisor = bench.start(embedded);
  expect(await supervisor.exit).toBe(1);
  await supervisor.prints(/! .*is a link to a folder that is gone\.\nRemove the link/);
});
