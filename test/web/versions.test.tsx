import { expect, test } from 'vitest';
import { createVersionGuard } from '../../web/src/api/versions.ts';

const product = (version: number, rest: object) => ({ __typename: 'Product', id: 'p1', version, ...rest });

test('an older version never overwrites a newer one', () => {
  const guard = createVersionGuard();
  guard({ inventoryChanged: product(7, { inventory: 3 }) });
  expect(guard({ product: product(5, { inventory: 9 }) })).toEqual({ product: product(7, { inventory: 3 }) });
});

test('newer and equal versions pass', () => {
  const guard = createVersionGuard();
  guard(product(5, { inventory: 9 }));
  expect(guard(product(5, { inventory: 9 }))).toEqual(product(5, { inventory: 9 }));
  expect(guard(product(6, { inventory: 8 }))).toEqual(product(6, { inventory: 8 }));
});

test('fields that only the older answer has are kept', () => {
  const guard = createVersionGuard();
  guard(product(7, { inventory: 3 }));
  const mixed = guard(product(5, { inventory: 9, name: 'Widget' }));
  expect(mixed).toEqual(product(7, { inventory: 3, name: 'Widget' }));
});

test('what a newer answer had not asked for within a field is kept of the older one', () => {
  const guard = createVersionGuard();
  guard(product(7, { lines: [{ name: 'new', quantity: 2 }], events: [1, 2] }));
  const full = guard(product(5, { lines: [{ name: 'old', quantity: 1, sku: 'WIDGET' }], events: [1] }));
  expect(full).toEqual(product(7, { lines: [{ name: 'new', quantity: 2, sku: 'WIDGET' }], events: [1, 2] }));
  expect(guard(product(6, { lines: [] }))).toEqual(
    product(7, { lines: [{ name: 'new', quantity: 2, sku: 'WIDGET' }] }),
  );
});

test('each field is compared with the newest version seen of that field', () => {
  const guard = createVersionGuard();
  guard(product(1, { events: ['old'] }));
  guard(product(3, { inventory: 3 }));
  expect(guard(product(2, { events: ['newer'] }))).toMatchObject({ events: ['newer'], version: 3 });
});

test('entities are found at any depth and kept apart', () => {
  const guard = createVersionGuard();
  const order = (version: number) => ({ __typename: 'Order', id: 'p1', version, status: `v${version}` });
  guard({ a: [{ node: order(4) }, { node: product(2, { inventory: 1 }) }] });
  expect(guard({ b: { order: order(3), product: product(1, { inventory: 5 }) } })).toEqual({
    b: { order: order(4), product: product(2, { inventory: 1 }) },
  });
});

test('what has no version passes untouched', () => {
  const guard = createVersionGuard();
  const data = { server: { __typename: 'Server', demo: true }, none: null, list: [1, 'two'] };
  expect(guard(data)).toEqual(data);
});

test('remembers a bounded number of entities', () => {
  const guard = createVersionGuard();
  guard(product(9, { inventory: 1 }));
  for (let n = 0; n < 2000; n++) guard({ __typename: 'Product', id: `other-${n}`, version: 1 });
  expect(guard(product(8, { inventory: 2 }))).toEqual(product(8, { inventory: 2 }));
});
