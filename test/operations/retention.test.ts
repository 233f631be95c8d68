import { DBOS } from '@dbos-inc/dbos-sdk';
import { beforeAll, describe, expect, test } from 'vitest';
import { PRUNING } from '../../server/operations/retention.commands.ts';
import { useApp } from '../support/app.ts';
import type { OrderData } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { hashOfKey, workflowOf } from '../support/keys.ts';

const store = useApp({ env: { WORKFLOW_RETENTION_HOURS: '1.5' } });
const { client } = store;

/** The engine's tables that name a workflow, and whether its deletion takes their rows along. */
const TABLES = `
  SELECT c.table_name AS name, c.column_name AS key, EXISTS (
    SELECT FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'
      AND conrelid = format('dbos.%I', c.table_name)::regclass AND confrelid = 'dbos.workflow_status'::regclass) AS cascades
  FROM information_schema.columns c JOIN information_schema.tables USING (table_schema, table_name)
  WHERE c.table_schema = 'dbos' AND table_type = 'BASE TABLE'
    AND c.column_name IN ('workflow_uuid', 'workflow_id', 'destination_uuid') ORDER BY 1`;

/** Lets a workflow have ended two hours ago. */
const AGE = `UPDATE dbos.workflow_status SET completed_at = completed_at - 7200000 WHERE workflow_uuid = ANY($1)`;

const idsLike = async (pattern: string) =>
  (
    await store.sql<{ id: string }>('SELECT workflow_uuid AS id FROM dbos.workflow_status WHERE name LIKE $1', pattern)
  ).map(({ id }) => id);

async function prune(): Promise<string> {
  const { workflowID } = await DBOS.triggerSchedule(PRUNING);
  await eventually('pruned', async () => (await DBOS.getWorkflowStatus(workflowID))?.status === 'SUCCESS');
  return workflowID;
}

/** Counts what each of the engine's tables holds of some workflows. */
async function recordsOf(ids: string[]): Promise<Record<string, number>> {
  const tables = await store.sql<{ name: string; key: string }>(TABLES);
  const counts: Record<string, number> = {};
  for (const { name, key } of tables) {
    const [row] = await store.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM dbos.${name} WHERE ${key} = ANY($1)`,
      ids,
    );
    if (row!.n > 0) counts[name] = row!.n;
  }
  return counts;
}

/** What the store holds, without what its engine does. */
async function businessContents(): Promise<Record<string, string>> {
  return Object.fromEntries(Object.entries(await store.contents()).filter(([name]) => !name.startsWith('dbos.')));
}

/** Writes workflows that were cancelled long ago. */
async function insertCancelled(name: string, count: number): Promise<void> {
  await store.sql(
    `WITH id AS (SELECT $1 || ' ' || n AS id FROM generate_series(1, $2::int) n), input AS (
       INSERT INTO dbos.workflow_input (workflow_uuid, inputs) SELECT id, '' FROM id)
     INSERT INTO dbos.workflow_status (workflow_uuid, status, name, completed_at) SELECT id, 'CANCELLED', $1, 1 FROM id`,
    name,
    count,
  );
}

async function finishedOrder(key: string, outcome: 'PAID' | 'FAILED'): Promise<OrderData> {
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout(key, [{ productId }]);
  await client.pay(order!.payment.id, outcome);
  await eventually('ended', async () => (await DBOS.getWorkflowStatus(workflowOf(key)))?.status === 'SUCCESS');
  return (await client.order(order!.id))!;
}

test('pruning is scheduled, with the time for which workflows are kept', async () => {
  const schedules = await DBOS.listSchedules();
  expect(schedules).toMatchObject([
    { scheduleName: PRUNING, schedule: '*/10 * * * *', context: { retentionMs: 5.4e6 } },
  ]);
});

test('every table of the engine that names a workflow is emptied of it, or goes with it', async () => {
  const tables = await store.sql<{ name: string; cascades: boolean }>(TABLES);
  const named = (cascades: boolean) => tables.filter((table) => table.cascades === cascades).map(({ name }) => name);
  const pruned = ['operation_outputs', 'workflow_input', 'workflow_output', 'workflow_status'];
  expect(named(false)).toEqual(pruned);
  expect(named(true)).toEqual(['notifications', 'streams', 'workflow_events', 'workflow_events_history']);
});

describe('of workflows', () => {
  let old: string[];
  let dispatched: OrderData;
  let cancelled: OrderData;
  let business: Record<string, string>;
  let run: string;
  beforeAll(async () => {
    await client.restock({ idempotencyKey: 'long ago', level: { setTo: 50 } });
    dispatched = await finishedOrder('dispatched long ago', 'PAID');
    cancelled = await finishedOrder('cancelled long ago', 'FAILED');
    const { id: productId } = await client.product('GADGET');
    await client.checkout('out of stock long ago', [{ productId, quantity: 90 }]);
    await eventually('ended', async () => (await DBOS.listWorkflows({ status: 'PENDING' })).length === 0);
    old = await idsLike('%');
    await store.sql(AGE, old);

    await finishedOrder('dispatched just now', 'PAID');
    await client.checkout('still waiting', [{ productId }]);
    await insertCancelled('resumed', 1);
    business = await businessContents();
    dispatched = (await client.order(dispatched.id))!;
    await store.sql('BEGIN');
    await store.sql(`UPDATE dbos.workflow_status SET status = 'PENDING' WHERE workflow_uuid LIKE 'resumed%'`);
    run = await prune();
    await store.sql('COMMIT');
  });

  test('the old and finished ones are gone from all tables of the engine', async () => {
    expect(old).toHaveLength(4);
    expect(await recordsOf(old)).toEqual({});
  });

  test('those that run or ended only now are kept, and nothing of the business is touched', async () => {
    for (const key of ['dispatched just now', 'still waiting'])
      expect(await recordsOf([workflowOf(key)])).toMatchObject({ workflow_status: 1, workflow_input: 1 });
    expect(await businessContents()).toEqual(business);
  });

  test('one that is taken up again meanwhile is kept', async () => {
    expect(await recordsOf(['resumed 1'])).toEqual({ workflow_input: 1, workflow_status: 1 });
  });

  test('an order answers as before, and says that nothing is recorded', async () => {
    expect(await client.order(dispatched.id)).toEqual(dispatched);
    const query = 'query ($id: ID!) { order(id: $id) { status workflow { status } } }';
    expect(await client.ask(query, { id: dispatched.id })).toEqual({ status: 'DISPATCHED', workflow: null });
  });

  test('a checkout key is still the same order', async () => {
    const again = async (key: string, sku: string, quantity: number) =>
      client.checkout(key, [{ productId: (await client.product(sku)).id, quantity }]);
    for (const [key, { id }] of [
      ['dispatched long ago', dispatched],
      ['cancelled long ago', cancelled],
    ] as const) {
      const answers = await Promise.all([1, 2, 3].map(() => again(key, 'WIDGET', 1)));
      for (const answer of answers)
        expect(answer).toMatchObject({ __typename: 'CheckoutSuccess', replayed: true, order: { id } });
      expect(await again(key, 'WIDGET', 2)).toMatchObject({ __typename: 'IdempotencyConflictError' });
    }
    expect(await again('out of stock long ago', 'GADGET', 90)).toMatchObject({ __typename: 'InsufficientStockError' });
    expect(await idsLike('checkout')).toHaveLength(2);
  });

  test('a restocking key is still done', async () => {
    await client.restock({ idempotencyKey: 'since then', level: { add: 1 } });
    const again = await client.restock({ idempotencyKey: 'long ago', level: { setTo: 50 } });
    expect(again.__typename).toBe('RestockSuccess');
    expect((await client.product('GIZMO')).inventory).toBe(51);
  });

  test('an order can still be reported about', async () => {
    expect(await client.pay(dispatched.payment.id, 'PAID')).toMatchObject({ __typename: 'SubmitPaymentSuccess' });
    expect(await client.pay(dispatched.payment.id, 'FAILED')).toMatchObject({ __typename: 'OrderStateError' });
    expect(await client.cancel(dispatched.id)).toMatchObject({ __typename: 'OrderStateError' });
    // Money that comes for an order that is over goes back, however late it comes.
    expect(await client.pay(cancelled.payment.id, 'PAID', 'late')).toMatchObject({
      order: { status: 'CANCELLED', payment: { status: 'REFUNDED' } },
    });
  });

  test('a backlog is pruned batch by batch, with the earlier runs of the pruning itself', async () => {
    await store.sql(AGE, [run]);
    await insertCancelled('many', 1200);
    const next = await prune();
    expect(await idsLike('many')).toEqual([]);
    expect(await recordsOf([run])).toEqual({});
    expect(await recordsOf(['resumed 1'])).toMatchObject({ workflow_status: 1 });
    expect((await DBOS.listWorkflowSteps(next))?.map(({ name, output }) => [name, output])).toEqual([
      ['pruneBatch', 500],
      ['pruneBatch', 500],
      ['pruneBatch', 201],
      ['pruneRefusedOrders', 0],
    ]);
  });
});

describe('orders that were refused for lack of stock', () => {
  const refuse = async (name: string) => {
    const { id: productId } = await client.product('WIDGET');
    return (await client.checkout(name, [{ productId, quantity: 1_000 }])).order!;
  };
  const ageOrders = (ids: string[]) =>
    store.sql(
      `UPDATE orders SET created_at = created_at - interval '2 hours' WHERE key_hash = ANY($1)`,
      ids.map(hashOfKey),
    );

  test('are deleted when they are old, and their keys are free again', async () => {
    const [old, paid, recorded, young] = [
      await refuse('refused'),
      await refuse('refused, and paid'),
      await refuse('refused, and recorded'),
      await refuse('refused just now'),
    ];
    await client.pay(paid.payment.id, 'PAID');
    await ageOrders(['refused', 'refused, and paid', 'refused, and recorded']);
    const ids = ['refused', 'refused, and paid'].map(workflowOf);
    await eventually('their workflows have ended', async () => {
      const ended = `SELECT FROM dbos.workflow_status WHERE workflow_uuid = ANY($1) AND status = 'SUCCESS'`;
      return (await store.sql(ended, ids)).length === ids.length;
    });
    await store.sql(AGE, ids);
    await prune();

    expect(await client.order(old.id)).toBeNull();
    for (const table of ['order_lines', 'order_events'])
      expect(await store.sql(`SELECT FROM ${table} WHERE order_id NOT IN (SELECT id FROM orders)`)).toEqual([]);
    for (const { id } of [paid, recorded, young]) expect(await client.order(id)).toMatchObject({ id });
    expect((await refuse('refused')).id).not.toBe(old.id);
    expect((await refuse('refused, and recorded')).id).toBe(recorded.id);
  });
});
