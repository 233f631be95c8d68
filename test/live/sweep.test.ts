import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { subscribe } from '../support/sse.ts';

// What another process writes and does not announce, as when it dies in between, is written by SQL here.
const store = useApp();
const { client, sql } = store;

const newOrder = async (key: string) => {
  const { id: productId } = await client.product('WIDGET');
  return (await client.checkout(key, [{ productId }])).order!;
};
const uuidOf = (globalId: string) => Buffer.from(globalId, 'base64').toString().slice('Order:'.length);

test("an order's event that nobody announced is told", async () => {
  const order = await newOrder('event');
  const query = `subscription ($orderId: ID!) { orderProgress(orderId: $orderId) { version type } }`;
  const stream = await subscribe<{ orderProgress: object }>(store.url, query, { orderId: order.id });
  await eventually('the current state', () => stream.answers.length === 1);
  await sql(
    `WITH moved AS (UPDATE orders SET version = 3, updated_at = now() WHERE id = $1 RETURNING id)
     INSERT INTO order_events
     SELECT (jsonb_populate_record(e, jsonb_build_object('version', 3, 'type', 'PAYMENT_DECLINED', 'at', now()))).*
     FROM order_events e JOIN moved ON moved.id = e.order_id WHERE e.version = 2`,
    uuidOf(order.id),
  );
  await eventually('the event', () => stream.answers.length === 2);
  stream.leave();
  expect(stream.answers[1]!.data!.orderProgress).toEqual({ version: 3, type: 'PAYMENT_DECLINED' });
});

test('a report that nobody announced is acted on', async () => {
  const order = await newOrder('report');
  await sql(
    `INSERT INTO order_signals (order_id, kind, key, received_at) VALUES ($1, 'PAID', 'unannounced', now())`,
    uuidOf(order.id),
  );
  await eventually('paid', async () => (await client.order(order.id))?.payment.status === 'SUCCEEDED');
});

test("a product's change that nobody announced is told", async () => {
  const query = 'subscription { inventoryChanged { sku inventory } }';
  const stream = await subscribe<{ inventoryChanged: object }>(store.url, query);
  await eventually('the current state', () => stream.answers.length === 4);
  await sql(
    `WITH sold AS (UPDATE products SET inventory = inventory + 11, version = version + 1 WHERE sku = 'GIZMO' RETURNING id),
     restock AS (INSERT INTO restocks (key_hash, request_hash, product_ids, at) VALUES ('elsewhere', '', '{}', now()))
     INSERT INTO stock_movements (product_id, delta, cause, restock_key_hash, at)
     SELECT id, 11, 'RESTOCKED', 'elsewhere', now() FROM sold`,
  );
  await eventually('the change', () => stream.answers.length === 5);
  stream.leave();
  expect(stream.answers[4]!.data!.inventoryChanged).toEqual({ sku: 'GIZMO', inventory: 111 });
});
