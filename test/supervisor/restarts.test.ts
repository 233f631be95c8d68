import { expect, test } from 'vitest';
import { backOff } from '../../server/supervisor/back-off.ts';
import { gone, useBench } from './harness.ts';

const bench = useBench();

test('tells of its progress and where the store is', async () => {
  const supervisor = bench.start();
  await supervisor.prints(/Store http/);
  expect(supervisor.output()).toMatch(
    /▸ Build: fake build\n✓ Build ready .*\n▸ The server: fake progress\n✓ The server is ready .*\n\n {2}Store http:.*\n\n$/,
  );
});

test('brings a crashed server back', async () => {
  const supervisor = bench.start();
  await supervisor.prints(/Store http/);
  const first = await bench.serverPid();
  await bench.crash();
  await supervisor.prints(/! The server ended \(killed by SIGKILL\); it is started again now\.\n.*back after \d+ ms/s);
  expect(await bench.serverPid()).not.toBe(first);
});

test('waits longer and longer when the server keeps ending', async () => {
  const supervisor = bench.start({ FAKE_EXIT: '1' });
  await supervisor.prints(/exit code 1\); it is started again now.*again in 100 ms.*again in 200 ms/s);
  supervisor.signal('SIGTERM');
  expect(await supervisor.exit).toBe(0);
});

test('does not wait long when it keeps being killed, but was ready each time', async () => {
  const supervisor = bench.start();
  await supervisor.prints(/Store http/);
  for (let kills = 1; kills <= 6; kills++) {
    process.kill(await bench.serverPid(), 'SIGKILL');
    await supervisor.prints(new RegExp(`(back after \\d+ ms.*){${kills}}`, 's'));
  }
  expect(
    supervisor
      .output()
      .match(/again (now|in \d+ ms)/g)
      ?.slice(-3),
  ).toEqual(Array(3).fill('again in 400 ms'));
});

test('the wait doubles up to five seconds', () => {
  expect([1, 2, 3, 4, 7, 8, 50].map((failures) => backOff(failures))).toEqual([0, 100, 200, 400, 3200, 5000, 5000]);
});

test.each([
  ['78', 78],
  ['76', 76],
])('does not try again when the server says by %s that it would not help', async (given, code) => {
  const supervisor = bench.start({ FAKE_EXIT: given });
  expect(await supervisor.exit).toBe(code);
  await supervisor.prints(/fake trouble.*The server can not run/s);
  expect(supervisor.output()).not.toContain('again');
});

test('replaces the server when asked to, and does not count that as a failure', async () => {
  const supervisor = bench.start();
  await supervisor.prints(/Store http/);
  const first = await bench.serverPid();
  supervisor.signal('SIGUSR2');
  await supervisor.prints(/The server is replaced/);
  expect(await gone(first)).toBe(true);
  expect(await bench.serverPid()).not.toBe(first);
  expect(supervisor.output()).not.toContain('ended');
});
