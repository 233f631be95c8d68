import { expect, test } from 'vitest';
import { keyHashOf } from '../../server/infra/hash.ts';
import { useApp } from '../support/app.ts';

const store = useApp();
const { client } = store;
const levels = () => store.sql('SELECT sku, inventory, version FROM products ORDER BY id');

test('every product is brought to 100 units unless told', async () => {
  const { id } = await client.product('WIDGET');
  await client.checkout('bought', [{ productId: id, quantity: 30 }]);
  const { __typename, products } = await client.restock({ idempotencyKey: 'default' });
  expect(__typename).toBe('RestockSuccess');
  expect(products).toMatchObject([
    { sku: 'WIDGET', inventory: 100, version: 3 },
    // A product that keeps its level keeps its version.
    { sku: 'GADGET', inventory: 100, version: 1 },
    { sku: 'GIZMO', inventory: 100, version: 1 },
    { sku: 'SPROCKET', inventory: 100, version: 1 },
  ]);
});

test('one product is set to a level, also a lower one', async () => {
  const { id: productId } = await client.product('GADGET');
  const set = (setTo: number) => client.restock({ idempotencyKey: `set ${setTo}`, productId, level: { setTo } });
  expect((await set(0)).products).toMatchObject([{ sku: 'GADGET', inventory: 0, version: 2 }]);
  expect((await set(250)).products).toMatchObject([{ sku: 'GADGET', inventory: 250, version: 3 }]);
});

test('units are added', async () => {
  const { id: productId, inventory } = await client.product('GIZMO');
  const { products } = await client.restock({ idempotencyKey: 'add', productId, level: { add: 5 } });
  expect(products).toMatchObject([{ sku: 'GIZMO', inventory: inventory + 5 }]);
});

test('a key is done once, also eight times at once', async () => {
  const { id: productId, inventory } = await client.product('SPROCKET');
  const input = { idempotencyKey: 'eight', productId, level: { add: 10 } };
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.restock(input)));
  for (const answer of answers)
    expect(answer).toMatchObject({ __typename: 'RestockSuccess', products: [{ id: productId }] });
  expect((await client.product('SPROCKET')).inventory).toBe(inventory + 10);
});

test('a key that was used conflicts with another input, and changes nothing', async () => {
  const { id: productId } = await client.product('WIDGET');
  await client.restock({ idempotencyKey: 'used', productId, level: { add: 1 } });
  const before = await store.contents();
  for (const input of [{ level: { add: 1 } }, { productId, level: { add: 2 } }, { productId, level: { setTo: 1 } }])
    expect(await client.restock({ idempotencyKey: 'used', ...input })).toMatchObject({
      __typename: 'IdempotencyConflictError',
    });
  expect(await store.contents()).toEqual(before);
});

test('more units than the store keeps are refused for all, although some would fit', async () => {
  const { id: productId } = await client.product('WIDGET');
  await client.restock({ idempotencyKey: 'full', productId, level: { setTo: 1_000_000_000 } });
  const before = await levels();
  expect(await client.restock({ idempotencyKey: 'more', level: { add: 1 } })).toMatchObject({
    __typename: 'InvalidInputError',
    path: ['input', 'level', 'add'],
  });
  expect(await levels()).toEqual(before);
  await client.restock({ idempotencyKey: 'emptied', productId, level: { setTo: 100 } });
});

test('a key that was refused is free, also where many are asked for at once and some are too many', async () => {
  const { id: productId } = await client.product('SPROCKET');
  await client.restock({ idempotencyKey: 'nearly full', productId, level: { setTo: 999_999_997 } });
  const keys = Array.from({ length: 8 }, (_, i) => `one of eight, ${i}`);
  const add = (idempotencyKey: string) => client.restock({ idempotencyKey, productId, level: { add: 1 } });
  const answers = await Promise.all(keys.map(add));
  const refused = keys.filter((_, i) => answers[i]?.__typename === 'InvalidInputError');
  expect(refused).toHaveLength(5);
  expect((await client.product('SPROCKET')).inventory).toBe(1_000_000_000);

  await client.restock({ idempotencyKey: 'nearly empty', productId, level: { setTo: 100 } });
  for (const key of keys) expect(await add(key)).toMatchObject({ __typename: 'RestockSuccess' });
  expect((await client.product('SPROCKET')).inventory).toBe(100 + refused.length);
});

test('every change of stock stands in the ledger, with its cause', async () => {
  const { id: productId } = await client.product('GADGET');
  const { order } = await client.checkout('for the ledger', [{ productId, quantity: 2 }]);
  await client.cancel(order!.id);
  const movements = await store.sql(
    `SELECT delta, cause, order_id IS NOT NULL AS "order", restock_key_hash AS key FROM stock_movements m
     JOIN products p ON p.id = product_id WHERE sku = 'GADGET' ORDER BY m.id`,
  );
  expect(movements).toEqual([
    { delta: 100, cause: 'SEEDED', order: false, key: null },
    { delta: -100, cause: 'RESTOCKED', order: false, key: keyHashOf('', 'set 0') },
    { delta: 250, cause: 'RESTOCKED', order: false, key: keyHashOf('', 'set 250') },
    { delta: -2, cause: 'RESERVED', order: true, key: null },
    { delta: 2, cause: 'RELEASED', order: true, key: null },
  ]);
  const sums = await store.sql(
    `SELECT sku FROM products p WHERE inventory <> (SELECT sum(delta) FROM stock_movements WHERE product_id = p.id)`,
  );
  expect(sums).toEqual([]);
});
