import { randomUUID } from 'node:crypto';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../scripts/build.ts';
import { root } from '../../server/infra/root.ts';
import { type Supervisor, useBench } from '../supervisor/harness.ts';
import { type Client, clientOf } from '../support/client.ts';
import { useDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { hashOfKey } from '../support/keys.ts';
import { expectLog } from '../support/log.ts';
import { comesToRest } from './rest.ts';
import { expectAsTold, Log, sendShoppers } from './shoppers.ts';
import { type Watched, watchOrder } from './watcher.ts';
import { Wire } from './wire.ts';

expectLog(/^The database cannot be reached/);

const STEPS = 20;
const SHOPPERS = 6;
const WATCHERS = 4;
const bench = useBench();
const database = useDatabase();
let admin: pg.Client;
beforeAll(async () => {
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
afterAll(() => admin.end());

async function startTwo(server: string): Promise<Supervisor> {
  const supervisor = bench.start({
    SERVER: server,
    WORKERS: '2',
    DATABASE_URL: database.url,
    NODE_ENV: 'development',
    DISPATCH_STEPS: String(STEPS),
    DISPATCH_STEP_MS: '50',
    PAYMENT_WINDOW_SECONDS: '2',
  });
  await supervisor.prints(/Server 1 is ready/);
  await supervisor.prints(/Server 2 is ready/);
  return supervisor;
}

/** Buys, pays and notes it; `watched` is there once the order has been watched to its end. */
async function buy(client: Client, log: Log): Promise<{ key: string; watched: Promise<Watched> }> {
  const key = randomUUID();
  const lines = [{ productId: (await client.product('WIDGET')).id, quantity: 1 }];
  const order = (await client.checkout(key, lines)).order!;
  log.note(key, lines, order);
  const watched = watchOrder(storeUrl(), order.id);
  // Until then, nobody looks at a failure.
  watched.catch(() => {});
  log.note(key, lines, (await client.pay(order.payment.id, 'PAID')).order!);
  return { key, watched };
}

const storeUrl = () => `http://127.0.0.1:${bench.port}`;
const allVersions = Array.from({ length: 3 + STEPS }, (_, i) => i + 1);

/** Makes the next build of the store: its checkout has one more step. Returns its main file. */
async function makeNextBuild(): Promise<string> {
  const folder = join(bench.dataDir, 'next');
  const main = join(folder, 'dist/server/main.js');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(join(root, 'prisma'), join(folder, 'prisma'));
  await bundle('server/main.ts', main, [
    {
      name: 'next-workflow',
      setup: ({ onResolve }) => {
        const path = join(root, 'test/faults/fixtures/next-workflow.ts');
        onResolve({ filter: /orders\.workflow\.ts$/ }, () => ({ path }));
      },
    },
  ]);
  return main;
}

test('servers are replaced by those of the next build under load, and nobody loses anything', {
  timeout: 240_000,
}, async () => {
  const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`The seed is ${seed}.`);
  const next = await makeNextBuild();
  const main = join(bench.dataDir, 'main.js');
  await symlink(join(root, 'dist/server/main.js'), main);
  await admin.query('CREATE TABLE packed (order_id uuid PRIMARY KEY REFERENCES orders)');

  const supervisor = await startTwo(main);
  const wire = new Wire();
  const client = clientOf(storeUrl, undefined, wire.fetch);
  const log = new Log();
  const close = sendShoppers('shopper', SHOPPERS, [client], seed, log);
  const watched: Watched[] = [];
  let open = true;
  const watchers = Promise.all(
    Array.from({ length: WATCHERS }, async () => {
      while (open) watched.push(await (await buy(client, log)).watched);
    }),
  );
  watchers.catch(() => {});
  await eventually('enough is under way', () => log.answers >= 40, 60_000);

  await symlink(next, `${main}.next`);
  await rename(`${main}.next`, main);
  supervisor.signal('SIGUSR2');
  await supervisor.prints(/Server 1 is replaced\.\n.*Server 2 is replaced\./s);
  const answers = log.answers;
  await eventually('more is under way', () => log.answers >= answers + 20, 60_000);
  open = false;
  await Promise.all([close(), watchers]);
  const { key } = await buy(client, log);

  await comesToRest(database.url);
  await expectAsTold(client, log);
  for (const { versions, broken } of watched) {
    expect(versions).toEqual(allVersions);
    expect(broken).toBe(0);
  }
  const { rows } = await admin.query<{ packed: boolean; n: number }>(
    `SELECT packed.order_id IS NOT NULL AS packed, count(*)::int AS n FROM orders LEFT JOIN packed ON order_id = id
     WHERE status = 'DISPATCHED' GROUP BY 1 ORDER BY 1`,
  );
  expect(
    rows.map(({ packed }) => packed),
    'orders of both builds',
  ).toEqual([false, true]);
  const last = await admin.query('SELECT FROM packed JOIN orders ON id = order_id WHERE key_hash = $1', [
    hashOfKey(key),
  ]);
  expect(last.rowCount, 'the last order is of the next build').toBe(1);
  const resumed = watched.reduce((sum, one) => sum + one.resumed, 0);
  console.log(
    `${log.orders.size} orders of shoppers, ${watched.length} watched, ${resumed} streams resumed; ` +
      `${wire.closed} times a connection was closed before its answer.`,
  );
  wire.close();
  supervisor.signal('SIGTERM');
  expect(await supervisor.exit).toBe(0);
});

test('one of two servers is killed: the other answers and goes on with its orders, and it comes back', {
  timeout: 240_000,
}, async () => {
  const supervisor = await startTwo(join(root, 'dist/server/main.js'));
  const wire = new Wire();
  const client = clientOf(storeUrl, undefined, wire.fetch);
  const orders = await Promise.all(Array.from({ length: 8 }, () => buy(client, new Log())));
  await bench.killRecorded('server.pid');
  let answers = 0;
  while (!/is back after/.test(supervisor.output())) {
    await client.product('WIDGET');
    answers++;
  }
  expect(answers).toBeGreaterThan(0);
  for (const { watched } of orders) expect((await watched).versions).toEqual(allVersions);
  wire.close();
  supervisor.signal('SIGTERM');
  expect(await supervisor.exit).toBe(0);
});
