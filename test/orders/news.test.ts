import pg from 'pg';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { hasNews } from '../../server/orders/orders.queries.ts';
import { useApp } from '../support/app.ts';

const ORDERS = 30;

const store = useApp();
const { client } = store;

let ids: string[];
beforeAll(async () => {
  const { id: productId } = await client.product('WIDGET');
  const buy = (_: unknown, i: number) => client.checkout(`waits ${i}`, [{ productId }]);
  await Promise.all(Array.from({ length: ORDERS }, buy));
  const rows = await store.sql<{ id: string }>('SELECT id FROM orders ORDER BY number');
  ids = rows.map(({ id }) => id);
});

test('orders that look at the same moment whether there is something to settle share a statement', async () => {
  const query = vi.spyOn(pg.Client.prototype, 'query');
  onTestFinished(() => query.mockRestore());
  const news = await Promise.all(ids.map(hasNews));
  expect(news).toEqual(ids.map(() => false));
  const looks = query.mock.calls.filter((call) =>
    JSON.stringify(call).includes('NOT EXISTS (SELECT FROM order_signals'),
  );
  // Orders that wait look by themselves too, every five seconds.
  expect(looks.length).toBeLessThan(5);
});

test('an order has news when it was settled elsewhere', async () => {
  await client.cancel(btoa(`Order:${ids[3]}`));
  expect(await Promise.all(ids.map(hasNews))).toEqual(ids.map((_, i) => i === 3));
});
