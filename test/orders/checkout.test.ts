import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const store = useApp();
const { client } = store;
const uuidIn = (globalId: string) => Buffer.from(globalId, 'base64').toString().split(':')[1];

let widget: string;
let gadget: string;
beforeAll(async () => {
  widget = (await client.product('WIDGET')).id;
  gadget = (await client.product('GADGET')).id;
});

test('a checkout reserves the stock and answers with the whole order', async () => {
  const before = await client.product('WIDGET');
  const { __typename, replayed, order } = await client.checkout('whole', [
    { productId: widget, quantity: 2 },
    { productId: gadget },
    { productId: widget },
  ]);
  expect({ __typename, replayed }).toEqual({ __typename: 'CheckoutSuccess', replayed: false });
  expect(order).toMatchObject({
    status: 'PENDING',
    cancelReason: null,
    version: 2,
    total: { amount: '334.47', currencyCode: 'USD' },
    payment: { status: 'PENDING', attempts: 0, amount: { amount: '334.47' } },
    progress: { done: 0, total: 3 },
    lines: [
      { sku: 'WIDGET', quantity: 3, unitPrice: { amount: '99.99' }, total: { amount: '299.97' } },
      { sku: 'GADGET', quantity: 1, unitPrice: { amount: '34.50' }, total: { amount: '34.50' } },
    ],
    events: [
      { version: 1, type: 'CREATED', status: 'PENDING', progress: { done: 0, total: 3 } },
      { version: 2, type: 'RESERVED', status: 'PENDING' },
    ],
  });
  expect(new Date(order!.payBy).getTime() - new Date(order!.createdAt).getTime()).toBe(600_000);
  expect(await client.product('WIDGET')).toMatchObject({
    inventory: before.inventory - 3,
    version: before.version + 1,
  });
  expect(await client.order(order!.id)).toEqual(order);
});

test('a quantity that is not given is one', async () => {
  const { order } = await client.checkout('one', [{ productId: gadget }]);
  expect(order!.lines.map(({ quantity }) => quantity)).toEqual([1]);
});

test('a paid order is dispatched step by step, and its history has one event for each version', async () => {
  const { order } = await client.checkout('dispatched', [{ productId: widget }]);
  await client.pay(order!.payment.id, 'PAID');
  const done = await eventually('dispatched', async () => {
    const now = await client.order(order!.id);
    return now?.status === 'DISPATCHED' && now;
  });
  expect(done).toMatchObject({ progress: { done: 3, total: 3 }, payment: { status: 'SUCCEEDED', attempts: 1 } });
  expect(done.events.map(({ version, type, status, progress }) => [version, type, status, progress.done])).toEqual([
    [1, 'CREATED', 'PENDING', 0],
    [2, 'RESERVED', 'PENDING', 0],
    [3, 'PAID', 'PAID', 0],
    [4, 'PROGRESSED', 'PAID', 1],
    [5, 'PROGRESSED', 'PAID', 2],
    [6, 'DISPATCHED', 'DISPATCHED', 3],
  ]);
  expect(done.version).toBe(6);
  expect(done.updatedAt).toBe(done.events.at(-1)!.at);
});

describe('without stock', () => {
  test('nothing is reserved, the order is kept as cancelled, and the answer is the same again', async () => {
    await client.restock({ idempotencyKey: 'few', productId: gadget, level: { setTo: 4 } });
    const before = [await client.product('WIDGET'), await client.product('GADGET')];
    const lines = [
      { productId: widget, quantity: 1 },
      { productId: gadget, quantity: 5 },
    ];
    const first = await client.checkout('short', lines);
    expect(first).toMatchObject({
      __typename: 'InsufficientStockError',
      requested: 5,
      available: 4,
      order: { status: 'CANCELLED', cancelReason: 'OUT_OF_STOCK', version: 2, payment: { status: 'EXPIRED' } },
    });
    expect(first.order!.events.map(({ type }) => type)).toEqual(['CREATED', 'CANCELLED']);
    expect([await client.product('WIDGET'), await client.product('GADGET')]).toEqual(before);

    await client.restock({ idempotencyKey: 'many', productId: gadget, level: { setTo: 100 } });
    const again = await client.checkout('short', lines);
    expect(again).toMatchObject({ __typename: 'InsufficientStockError', requested: 5, available: 4 });
    expect(again.order!.id).toBe(first.order!.id);
  });
});

test('what an order cost stays as it was when the product changes', async () => {
  const { order } = await client.checkout('frozen', [{ productId: gadget, quantity: 2 }]);
  await store.sql(`UPDATE products SET price_minor = 1, name = 'Renamed', version = version + 1 WHERE sku = 'GADGET'`);
  const now = await client.order(order!.id);
  await store.sql(`UPDATE products SET price_minor = 3450, name = 'Pocket Gadget' WHERE sku = 'GADGET'`);
  expect(now).toMatchObject({ total: { amount: '69.00' }, lines: [{ name: 'Pocket Gadget' }] });
  expect(now).toEqual(order);
});

test('a total that does not fit is refused', async () => {
  await store.sql('UPDATE products SET price_minor = $1 WHERE sku = $2', Number.MAX_SAFE_INTEGER, 'GIZMO');
  const { id } = await client.product('GIZMO');
  const before = await store.contents();
  const answer = await client.checkout('dear', [{ productId: id, quantity: 2 }]);
  expect(answer).toMatchObject({ __typename: 'InvalidInputError', path: ['input', 'lines'] });
  expect(await store.contents()).toEqual(before);
  await store.sql(`UPDATE products SET price_minor = 1299 WHERE sku = 'GIZMO'`);
});

test('products in two currencies are refused in one order', async () => {
  await store.sql(`UPDATE products SET currency = 'EUR' WHERE sku = 'GIZMO'`);
  const { id } = await client.product('GIZMO');
  const answer = await client.checkout('mixed', [{ productId: id }, { productId: widget }]);
  expect(answer).toMatchObject({ __typename: 'InvalidInputError', path: ['input', 'lines'] });
});

test('the ids of an order and its payment are random, and neither follows from the key or the other', async () => {
  const [first, second] = await Promise.all(
    ['guess 1', 'guess 2'].map(async (key) => (await client.checkout(key, [{ productId: widget }])).order!),
  );
  const ids = [first!.id, first!.payment.id, second!.id, second!.payment.id].map(uuidIn);
  // All but the time, of which no two ids have a part in common.
  for (const part of [9, 19]) expect(new Set(ids.map((id) => id!.slice(part, part + 4))).size).toBe(4);
});

describe('of a product that an order may have two of', () => {
  beforeAll(async () => {
    await store.sql(`UPDATE products SET max_per_order = 2 WHERE sku = 'SPROCKET'`);
  });

  test('three are refused, also in two lines', async () => {
    const { id: productId } = await client.product('SPROCKET');
    const answer = await client.checkout('three', [{ productId: widget }, { productId, quantity: 3 }]);
    expect(answer).toMatchObject({
      __typename: 'InvalidInputError',
      path: ['input', 'lines', '1', 'quantity'],
      message: 'An order has 2 at most of Steel Sprocket, 18 Teeth.',
    });
    expect(await client.checkout('two and one', [{ productId, quantity: 2 }, { productId }])).toMatchObject({
      __typename: 'InvalidInputError',
      path: ['input', 'lines', '0', 'quantity'],
    });
    expect(await client.ask('{ product(sku: "SPROCKET") { maxPerOrder } }')).toEqual({ maxPerOrder: 2 });
    expect(await client.ask('{ product(sku: "WIDGET") { maxPerOrder } }')).toEqual({ maxPerOrder: 1000 });
  });

  test('two are sold', async () => {
    const { id: productId } = await client.product('SPROCKET');
    expect(await client.checkout('two', [{ productId, quantity: 2 }])).toMatchObject({ __typename: 'CheckoutSuccess' });
  });
});

test('numbers and versions go on beyond 32 bits', async () => {
  const last = 2 ** 31 - 1;
  await store.sql(`SELECT setval('orders_number_seq', $1)`, last - 1);
  await store.sql(`UPDATE products SET version = $1 WHERE sku = 'GADGET'`, last);
  const { id: productId } = await client.product('GADGET');
  const orders = [];
  for (const name of ['the last', 'the first beyond', 'the second beyond'])
    orders.push((await client.checkout(name, [{ productId }])).order!);
  expect(orders.map(({ number }) => number)).toEqual([last, last + 1, last + 2]);
  expect((await client.product('GADGET')).version).toBe(last + 3);
  await client.cancel(orders[1]!.id);
  expect((await client.product('GADGET')).version).toBe(last + 4);
  const { products } = await client.restock({ idempotencyKey: 'beyond', productId, level: { add: 1 } });
  expect(products).toMatchObject([{ version: last + 5 }]);
  const page = await client.ask<{ edges: { node: { number: number } }[] }>(
    '{ orders(first: 2) { edges { node { number } } } }',
  );
  expect(page.edges.map(({ node }) => node.number)).toEqual([last + 2, last + 1]);
});
