import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { root } from '../../server/infra/root.ts';
import { type Client, clientOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { freezeAt } from '../support/freeze.ts';
import { hashOfKey, workflowOf } from '../support/keys.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { comesToRest } from './rest.ts';

const STEPS = 3;
let store: RunningStore;
let client: Client;
let database: pg.Client;

async function open() {
  store = await startServer({ env: { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '50' } });
  client = clientOf(store.url);
  database = new pg.Client({ connectionString: store.databaseUrl });
  await database.connect();
  await database.query('CREATE TABLE packed (order_id uuid PRIMARY KEY REFERENCES orders)');
}
afterEach(() => database?.end());

/** Runs the next build on the store's database until `act` is done with it. */
async function withNextBuild(act: (send: (order: object) => void) => Promise<void>): Promise<void> {
  const args = ['--import', 'tsx', join(root, 'test/faults/fixtures/next-build.ts'), store.databaseUrl];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    await act((order) => child.stdin.write(`${JSON.stringify(order)}\n`));
    child.stdin.end();
    expect((await ended)[0]).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
}

async function placeOrder(key: string) {
  const { id } = await client.product('WIDGET');
  return (await client.checkout(key, [{ productId: id }])).order!;
}

/** The recorded steps of the checkout with a key, in order. */
async function stepsOf(key: string): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    'SELECT function_name AS name FROM dbos.operation_outputs WHERE workflow_uuid = $1 ORDER BY function_id',
    [workflowOf(key)],
  );
  return rows.map(({ name }) => name);
}

const isDispatched = (key: string) =>
  eventually(`the order of ${key} is dispatched`, async () => {
    const { rows } = await database.query(
      `SELECT FROM orders JOIN dbos.workflow_status ON workflow_uuid = $2
       WHERE key_hash = $1 AND orders.status = 'DISPATCHED' AND workflow_status.status = 'SUCCESS'`,
      [hashOfKey(key), workflowOf(key)],
    );
    return rows.length === 1;
  });

test('the next build packs new orders, and none whose dispatch had begun', async () => {
  await open();
  const old = await placeOrder('old');
  const freeze = await freezeAt(store.databaseUrl, {
    at: 'commit',
    event: 'INSERT',
    table: 'order_events',
    when: 'NEW.progress = 2',
  });
  await client.pay(old.payment.id, 'PAID');
  await freeze.reached();
  await store.kill('SIGKILL');
  await freeze.terminate();

  await withNextBuild(async (send) => {
    await isDispatched('old');
    // The engine knows nothing of the steps of a dispatch: its patch goes the new way, and packing asks the order.
    const patched = ['DBOS.patch-pack-before-dispatch', 'packOrder'];
    expect(await stepsOf('old')).toEqual(['placeOrder', 'settleOrder', ...patched]);

    const [product] = (await database.query<{ id: number }>(`SELECT id FROM products WHERE sku = 'GADGET'`)).rows;
    const orderId = randomUUID();
    send({
      workflowID: workflowOf('new'),
      orderId,
      paymentId: randomUUID(),
      keyHash: hashOfKey('new'),
      requestHash: 'new',
      lines: [{ productId: product!.id, quantity: 1 }],
      paymentWindowMs: 60_000,
      dispatchSteps: STEPS,
      dispatchStepMs: 50,
    });
    await eventually('the new order is there', async () => {
      const pay = `INSERT INTO order_signals (order_id, kind, key, received_at) SELECT id, 'PAID', 'new', now() FROM orders WHERE id = $1`;
      return (await database.query(pay, [orderId])).rowCount === 1;
    });
    await isDispatched('new');
  });
  expect((await stepsOf('new')).filter((name) => name === 'packOrder')).toHaveLength(1);
  const { rows } = await database.query('SELECT key_hash FROM packed JOIN orders ON id = order_id');
  expect(rows).toEqual([{ key_hash: hashOfKey('new') }]);
  await comesToRest(store.databaseUrl);
});
