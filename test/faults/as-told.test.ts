import { beforeAll, expect, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { ask } from './lease-rows.ts';
import { comesToRest } from './rest.ts';
import { expectAsTold, Log } from './shoppers.ts';

const KEY = 'bought and paid';
const log = new Log();
let store: RunningStore;
let client: Client;
let orderId: string;

beforeAll(async () => {
  store = await startServer({ env: { DISPATCH_STEPS: '2', DISPATCH_STEP_MS: '50' } });
  client = clientOf(store.url);
  const lines = [{ productId: (await client.product('WIDGET')).id, quantity: 2 }];
  const { order } = await client.checkout(KEY, lines);
  log.note(KEY, lines, order!);
  log.note(KEY, lines, (await client.pay(order!.payment.id, 'PAID')).order!);
  log.paid.add(KEY);
  await comesToRest(store.databaseUrl);
  [{ id: orderId }] = (await ask<{ id: string }>(store.databaseUrl, 'SELECT id FROM orders')) as [{ id: string }];
});

test('a store that kept what it told its clients passes', () => expectAsTold(client, log));

test.each([
  [
    'an event that was told has changed',
    `UPDATE order_events SET at = at + interval '1 second' WHERE order_id = $1 AND version = 2`,
    `UPDATE order_events SET at = at - interval '1 second' WHERE order_id = $1 AND version = 2`,
  ],
  [
    'money that was accepted is gone',
    `UPDATE orders SET payment_status = 'EXPIRED' WHERE id = $1`,
    `UPDATE orders SET payment_status = 'SUCCEEDED' WHERE id = $1`,
  ],
  [
    'an order that was paid is not sent',
    `UPDATE orders SET status = 'PAID' WHERE id = $1`,
    `UPDATE orders SET status = 'DISPATCHED' WHERE id = $1`,
  ],
  [
    'stock does not fit what was sold',
    'UPDATE products SET inventory = inventory + 1 WHERE id = (SELECT product_id FROM order_lines WHERE order_id = $1)',
    'UPDATE products SET inventory = inventory - 1 WHERE id = (SELECT product_id FROM order_lines WHERE order_id = $1)',
  ],
])('clients notice that %s', async (_, spoil, mend) => {
  await ask(store.databaseUrl, spoil, [orderId]);
  try {
    await expect(expectAsTold(client, log)).rejects.toThrow();
  } finally {
    await ask(store.databaseUrl, mend, [orderId]);
  }
});
