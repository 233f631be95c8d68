import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const store = useApp();
const { client } = store;

test('forty buyers of the last ten units get exactly ten, whatever each of them wants', async () => {
  const { id } = await client.product('WIDGET');
  await client.restock({ idempotencyKey: 'ten', productId: id, level: { setTo: 10 } });
  const quantities = Array.from({ length: 40 }, (_, i) => 1 + (i % 3));
  const answers = await Promise.all(
    quantities.map((quantity, i) => client.checkout(`buyer ${i}`, [{ productId: id, quantity }])),
  );

  const sold = answers.flatMap(({ __typename, order }) =>
    __typename === 'CheckoutSuccess' ? order!.lines.map(({ quantity }) => quantity) : [],
  );
  const refused = answers.filter(({ __typename }) => __typename === 'InsufficientStockError');
  expect(sold.length + refused.length).toBe(40);
  // Somebody wants just one, so nothing is left.
  expect(sold.reduce((sum, quantity) => sum + quantity, 0)).toBe(10);
  for (const { requested, available } of refused) expect(requested).toBeGreaterThan(available!);
  expect(await client.product('WIDGET')).toMatchObject({ inventory: 0 });

  const [ledger] = await store.sql<{ units: number; lowest: number }>(
    `SELECT sum(delta)::int AS units, min(level)::int AS lowest FROM (
       SELECT delta, sum(delta) OVER (ORDER BY m.id) AS level
       FROM stock_movements m JOIN products p ON p.id = product_id WHERE sku = 'WIDGET') AS movement`,
  );
  expect(ledger).toEqual({ units: 0, lowest: 0 });
});

test('orders for the same products in opposite order do not lock each other out', async () => {
  const ids = [(await client.product('GADGET')).id, (await client.product('GIZMO')).id];
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const lines = ids.map((productId) => ({ productId, quantity: 1 }));
      return client.checkout(`opposite ${i}`, i % 2 ? lines : lines.reverse());
    }),
  );
  expect(answers.every(({ __typename }) => __typename === 'CheckoutSuccess')).toBe(true);
  expect([await client.product('GADGET'), await client.product('GIZMO')]).toMatchObject([
    { inventory: 80, version: 21 },
    { inventory: 80, version: 21 },
  ]);
});
