import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { groupCommit, setGroupCommit } from '../../../server/infra/fast/current.ts';
import { GroupCommit } from '../../../server/infra/fast/group.ts';
import { live } from '../../../server/infra/live/live.ts';
import { localInbox } from '../../../server/orders/orders.inbox.ts';
import { useApp } from '../../support/app.ts';
import type { OrderData } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { freezeAt, type Point } from '../../support/freeze.ts';
import { hashOfKey, workflowOf } from '../../support/keys.ts';
import { expectLog } from '../../support/log.ts';
import { startProxy, type TcpProxy } from '../../support/proxy.ts';

expectLog(/connection failed/, /trying again/, /no longer owned by this execution/);

const store = useApp();
const { client } = store;

let productId: string;
beforeAll(async () => {
  productId = (await client.product('WIDGET')).id;
});

const place = async (key: string) => (await client.checkout(key, [{ productId }])).order!;
const dispatched = (id: string) =>
  eventually('dispatched', async () => {
    const order = await client.order(id);
    return order?.status === 'DISPATCHED' && order;
  });
const WHOLE_LIFE = ['CREATED', 'RESERVED', 'PAID', 'PROGRESSED', 'PROGRESSED', 'DISPATCHED'];
const typesOf = ({ events }: OrderData) => events.map(({ type }) => type);
const stepsOf = async (key: string) =>
  (
    await store.sql<{ name: string }>(
      'SELECT function_name AS name FROM dbos.operation_outputs WHERE workflow_uuid = $1 ORDER BY function_id',
      workflowOf(key),
    )
  ).map(({ name }) => name);

/** The transactions that wrote the rows of an order and of its workflow, as they were placed. */
const WRITERS = `
  SELECT o.xmin::text AS "order", s.xmin::text AS workflow, i.xmin::text AS input, p.xmin::text AS checkpoint
  FROM orders o, dbos.workflow_status s, dbos.workflow_input i, dbos.operation_outputs p
  WHERE o.key_hash = $1 AND s.workflow_uuid = $2 AND i.workflow_uuid = $2 AND p.workflow_uuid = $2
  AND p.function_id = 0`;

test('an order, its workflow and its first checkpoint are one commit', async () => {
  await place('one commit');
  const [writers] = await store.sql(WRITERS, hashOfKey('one commit'), workflowOf('one commit'));
  expect(Object.keys(writers!)).toHaveLength(4);
  expect(new Set(Object.values(writers!)).size).toBe(1);
});

test('orders that are placed at the same moment share a commit', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `together ${i}`);
  await Promise.all(names.map(place));
  const commits = await store.sql<{ orders: number }>(
    'SELECT count(*)::int AS orders FROM orders WHERE key_hash = ANY($1) GROUP BY xmin',
    names.map(hashOfKey),
  );
  expect(commits.reduce((sum, { orders }) => sum + orders, 0)).toBe(20);
  expect(Math.max(...commits.map(({ orders }) => orders))).toBeGreaterThan(1);
});

test('eight checkouts at once with one key are one order and one workflow', async () => {
  const before = await client.product('WIDGET');
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.checkout('eight', [{ productId }])));
  expect(new Set(answers.map(({ order }) => order!.id)).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect((await client.product('WIDGET')).inventory).toBe(before.inventory - 1);
  await client.pay(answers[0]!.order!.payment.id, 'PAID');
  expect(typesOf(await dispatched(answers[0]!.order!.id))).toEqual(WHOLE_LIFE);
});

test('a dispatch has no checkpoints: the progress of the order is the record of its steps', async () => {
  const order = await place('checkpoints');
  await client.pay(order.payment.id, 'PAID');
  await dispatched(order.id);
  expect(await stepsOf('checkpoints')).toEqual(['placeOrder', 'settleOrder']);
});

test('an execution that lost its workflow writes nothing, and what it was told is stored for the next', async () => {
  const order = await place('lost');
  const id = workflowOf('lost');
  await store.sql(`UPDATE dbos.workflow_status SET owner_xid = 'another' WHERE workflow_uuid = $1`, id);
  const paying = client.pay(order.payment.id, 'PAID');
  await eventually('the report is stored', async () => {
    const open = await store.sql(
      'SELECT FROM order_signals WHERE order_id = (SELECT id FROM orders WHERE key_hash = $1) AND outcome IS NULL',
      hashOfKey('lost'),
    );
    return open.length === 1;
  });
  expect(await client.order(order.id)).toEqual(order);
  expect(await stepsOf('lost')).toEqual(['placeOrder']);

  await store.sql(`UPDATE dbos.workflow_status SET executor_id = 'gone' WHERE workflow_uuid = $1`, id);
  await DBOSExecutor.globalInstance!.recoverPendingWorkflows(['gone']);
  expect(await paying).toMatchObject({ __typename: 'SubmitPaymentSuccess', order: { payment: { attempts: 1 } } });
  expect(typesOf(await dispatched(order.id))).toEqual(WHOLE_LIFE);
  expect(await stepsOf('lost')).toEqual(['placeOrder', 'settleOrder']);
});

test('of two executions of a workflow in one group, the one that owns it goes on, and the group comes to an end', async () => {
  const [holder, order] = [await place('holds the lane'), await place('twice')];
  await store.sql(`UPDATE dbos.workflow_status SET executor_id = 'gone' WHERE workflow_uuid = $1`, workflowOf('twice'));
  await DBOSExecutor.globalInstance!.recoverPendingWorkflows(['gone']);

  const freeze = await freezeAt(store.databaseUrl, { at: 'commit', event: 'UPDATE', table: 'orders' });
  const paying = client.pay(holder.payment.id, 'PAID');
  await freeze.reached();
  const [{ id } = { id: '' }] = await store.sql<{ id: string }>(
    `INSERT INTO order_signals (order_id, kind, received_at) SELECT id, 'PAID', now() FROM orders
     WHERE key_hash = $1 RETURNING order_id AS id`,
    hashOfKey('twice'),
  );
  const take = vi.spyOn(localInbox, 'take');
  live.announce([{ topic: `inbox:${id}`, version: 0 }]);
  // Each takes once before it looks, and once after it has found the report.
  await eventually('both are about to settle', () => take.mock.calls.filter(([of]) => of === id).length >= 4);
  await freeze.thaw();

  await paying;
  expect(typesOf(await dispatched(order.id))).toEqual(WHOLE_LIFE);
  expect(typesOf(await dispatched(holder.id))).toEqual(WHOLE_LIFE);
});

describe('a group whose COMMIT is not answered', () => {
  let own: GroupCommit;
  let proxied: GroupCommit;
  let proxy: TcpProxy;
  beforeAll(async () => {
    own = groupCommit();
    proxy = await startProxy(store.databaseUrl);
    proxied = new GroupCommit(proxy.url, 4);
    setGroupCommit(proxied);
  });
  afterAll(async () => {
    setGroupCommit(own);
    await proxied?.close();
    await proxy?.close();
  });

  const PLACED: Point = { at: 'commit', event: 'INSERT', table: 'orders' };
  const RESTOCKED: Point = { at: 'commit', event: 'INSERT', table: 'restocks' };
  const PAID: Point = { at: 'commit', event: 'UPDATE', table: 'orders', when: `NEW.status = 'PAID'` };
  /** What happens to the session that commits; `begin` starts what commits. */
  const fates: [string, (point: Point, begin: () => Promise<void>[]) => Promise<void>][] = [
    [
      'because its session ended before it',
      async (point, begin) => {
        const freeze = await freezeAt(store.databaseUrl, point);
        const work = begin();
        await freeze.reached();
        await freeze.terminate();
        await Promise.all(work);
      },
    ],
    [
      'although it went through',
      async (_point, begin) => {
        proxy.loseNextCommit();
        await Promise.all(begin());
      },
    ],
    [
      'and which goes through while the next attempt waits for it',
      async (point, begin) => {
        const freeze = await freezeAt(store.databaseUrl, point);
        const work = begin();
        await freeze.reached();
        proxy.cut();
        await eventually('the next attempt waits for the first', async () => {
          const waiting = await store.sql(
            `SELECT FROM pg_stat_activity WHERE datname = current_database()
             AND application_name = 'checkout-group' AND wait_event = 'transactionid'`,
          );
          return waiting.length > 0;
        });
        await freeze.thaw();
        await Promise.all(work);
      },
    ],
  ];

  describe.each(fates)('%s', (fate, happen) => {
    test.each([1, 5])('places each of %i orders once', async (count) => {
      const before = await client.product('WIDGET');
      const keys = Array.from({ length: count }, (_, i) => `${fate} ${i} of ${count}`);
      const answers: Awaited<ReturnType<typeof client.checkout>>[] = [];
      await happen(PLACED, () =>
        keys.map(async (key) => {
          answers.push(await client.checkout(key, [{ productId }]));
        }),
      );
      expect(answers.map(({ __typename, replayed }) => [__typename, replayed])).toEqual(
        keys.map(() => ['CheckoutSuccess', false]),
      );
      expect((await client.product('WIDGET')).inventory).toBe(before.inventory - count);
      for (const { order } of answers) await client.pay(order!.payment.id, 'PAID');
      for (const { order } of answers) expect(typesOf(await dispatched(order!.id))).toEqual(WHOLE_LIFE);
    });

    test.each([1, 5])('settles each of %i orders once', async (count) => {
      const keys = Array.from({ length: count }, (_, i) => `settled ${fate} ${i} of ${count}`);
      const orders = await Promise.all(keys.map(place));
      await happen(PAID, () =>
        orders.map(async ({ payment }) => {
          const { __typename, order } = await client.pay(payment.id, 'PAID');
          expect(__typename).toBe('SubmitPaymentSuccess');
          expect(order!.payment.attempts).toBe(1);
        }),
      );
      for (const { id } of orders) expect(typesOf(await dispatched(id))).toEqual(WHOLE_LIFE);
      for (const key of keys) expect(await stepsOf(key)).toEqual(['placeOrder', 'settleOrder']);
    });

    test('restocks once', async () => {
      const { inventory } = await client.product('WIDGET');
      await happen(RESTOCKED, () => [
        client
          .restock({ idempotencyKey: fate, productId, level: { add: 3 } })
          .then(({ __typename }) => expect(__typename).toBe('RestockSuccess')),
      ]);
      expect((await client.product('WIDGET')).inventory).toBe(inventory + 3);
    });
  });
});
