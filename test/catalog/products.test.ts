import { expect, test } from 'vitest';
import { seedCatalogue } from '../../server/catalog/seed.ts';
import { useApp } from '../support/app.ts';

const store = useApp();
const PRODUCT = 'id sku name description price { amount currencyCode } inventory version';

test('a product is found by its SKU', async () => {
  const product = await store.client.ask(`{ product(sku: "WIDGET") { ${PRODUCT} } }`);
  expect(product).toEqual({
    id: expect.any(String),
    sku: 'WIDGET',
    name: 'Premium Quality Widget',
    description: 'Enhance your productivity with our top-rated widgets!',
    price: { amount: '99.99', currencyCode: 'USD' },
    inventory: 100,
    version: 1,
  });
});

test('the SKU is taken to the letter', async () => {
  for (const sku of ['widget', 'WIDGET ', 'WIDGE%']) expect(await store.client.product(sku)).toBeNull();
});

test('a price has the decimals of its currency', async () => {
  const prices = [
    ['JPY', '9999'],
    ['KWD', '9.999'],
  ] as const;
  for (const [currency, amount] of prices) {
    await store.sql(`UPDATE products SET currency = $1 WHERE sku = 'WIDGET'`, currency);
    const product = await store.client.ask('{ product(sku: "WIDGET") { price { amount currencyCode } } }');
    expect(product).toEqual({ price: { amount, currencyCode: currency } });
  }
});

test('a store that has products is not given the catalogue again', async () => {
  await store.sql(`UPDATE products SET sku = 'RENAMED' WHERE sku = 'GIZMO'`);
  const before = await store.contents();
  expect(await seedCatalogue(store.databaseUrl)).toBe(0);
  expect(await store.contents()).toEqual(before);
});
