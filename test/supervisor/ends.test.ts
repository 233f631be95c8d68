import { expect, test } from 'vitest';
import { until } from '../../server/infra/processes.ts';
import { gone, useBench } from './harness.ts';

const bench = useBench();

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends the server, then the supervisor', async (name) => {
  const supervisor = bench.start();
  await supervisor.prints(/Store http/);
  const server = await bench.serverPid();
  supervisor.signal(name);
  expect(await supervisor.exit).toBe(0);
  expect(await gone(server)).toBe(true);
});

test('Ctrl-C reaches the supervisor alone, which ends the server', async () => {
  const supervisor = bench.start();
  await supervisor.prints(/Store http/);
  const server = await bench.serverPid();
  supervisor.press('SIGINT');
  expect(await supervisor.exit).toBe(0);
  expect(await gone(server)).toBe(true);
  expect(supervisor.output()).not.toContain('fake got SIGINT');
});

test('ends a server that does not end by itself', async () => {
  const supervisor = bench.start({ FAKE_STUBBORN: '1', GRACE_MS: '300' });
  await supervisor.prints(/Store http/);
  const server = await bench.serverPid();
  supervisor.signal('SIGTERM');
  expect(await supervisor.exit).toBe(0);
  expect(await gone(server)).toBe(true);
});

test('pressing Ctrl-C again ends it at once', async () => {
  const supervisor = bench.start({ FAKE_STUBBORN: '1', GRACE_MS: '600000' });
  await supervisor.prints(/Store http/);
  const server = await bench.serverPid();
  let code: number | string | undefined;
  void supervisor.exit.then((ended) => {
    code = ended;
  });
  const pressed = async () => {
    supervisor.press('SIGINT');
    return code;
  };
  expect(await until(pressed, 10_000, 100)).toBe(0);
  expect(await gone(server)).toBe(true);
});

test('ends while the server keeps failing', async () => {
  const supervisor = bench.start({ FAKE_EXIT: '1' });
  await supervisor.prints(/again in 800 ms/);
  supervisor.signal('SIGINT');
  expect(await supervisor.exit).toBe(0);
});

test('a build that fails ends everything and says why', async () => {
  const supervisor = bench.start({ BUILD_FAILS: '1', DATABASE_URL: '' });
  expect(await supervisor.exit).toBe(1);
  await supervisor.prints(/! fake build trouble/);
});
