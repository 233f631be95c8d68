import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { subscribe } from '../support/sse.ts';

const store = useApp();
const { client } = store;
type Product = { id: string; sku: string; inventory: number; version: number };

const INVENTORY = `subscription ($productIds: [ID!]) {
  inventoryChanged(productIds: $productIds) { id sku inventory version } }`;
const watch = (productIds?: string[]) => subscribe<{ inventoryChanged: Product }>(store.url, INVENTORY, { productIds });
const productsOf = ({ answers }: Awaited<ReturnType<typeof watch>>) =>
  answers.map(({ data }) => data!.inventoryChanged);
const idOf = async (sku: string) => (await client.product(sku)).id;

test('a reader gets every product as it is now, then the newest state of each that changes', async () => {
  const stream = await watch();
  await eventually('the current state', () => stream.answers.length === 4);
  expect(productsOf(stream).map(({ sku }) => sku)).toEqual(['WIDGET', 'GADGET', 'GIZMO', 'SPROCKET']);

  const gadget = await idOf('GADGET');
  const { order } = await client.checkout('a sale', [{ productId: gadget, quantity: 3 }]);
  await eventually('the sale', () => productsOf(stream).at(-1)?.inventory === 97);
  await client.cancel(order!.id);
  await eventually('the cancellation', () => productsOf(stream).at(-1)?.inventory === 100);
  await client.restock({ idempotencyKey: 'restock', productId: gadget, level: { setTo: 500 } });
  await eventually('the restocking', () => productsOf(stream).at(-1)?.inventory === 500);
  stream.leave();
  expect(
    new Set(
      productsOf(stream)
        .slice(4)
        .map(({ sku }) => sku),
    ),
  ).toEqual(new Set(['GADGET']));
});

test('a reader of some products hears of no others', async () => {
  const [widget, gizmo] = [await idOf('WIDGET'), await idOf('GIZMO')];
  const stream = await watch([widget]);
  await eventually('the current state', () => stream.answers.length === 1);
  await client.checkout('another', [{ productId: gizmo }]);
  await client.checkout('this', [{ productId: widget }]);
  await eventually('the sale', () => stream.answers.length === 2);
  stream.leave();
  expect(productsOf(stream).map(({ sku }) => sku)).toEqual(['WIDGET', 'WIDGET']);
});

test('in a rush versions only grow, and the last is the newest', async () => {
  const widget = await idOf('WIDGET');
  const stream = await watch([widget]);
  await Promise.all(Array.from({ length: 30 }, (_, i) => client.checkout(`rush ${i}`, [{ productId: widget }])));
  const newest = await client.product('WIDGET');
  await eventually('the newest state', () => productsOf(stream).at(-1)?.version === newest.version);
  stream.leave();
  const versions = productsOf(stream).map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  expect(productsOf(stream).at(-1)).toEqual(newest);
});

test('what is no product is an error', async () => {
  for (const ids of [['garbage'], [await idOf('WIDGET'), Buffer.from('Product:999').toString('base64')]]) {
    const stream = await watch(ids);
    await stream.ended;
    expect(stream.answers).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
  }
});

test('more products than can be watched by id are refused', async () => {
  const stream = await watch(Array.from({ length: 101 }, () => 'garbage'));
  await stream.ended;
  expect(stream.answers).toMatchObject([{ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }]);
});
