import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { hashOfKey } from '../support/keys.ts';

const store = useApp();
const { client } = store;

let widget: string;
let gadget: string;
beforeAll(async () => {
  widget = (await client.product('WIDGET')).id;
  gadget = (await client.product('GADGET')).id;
});

test('eight checkouts at once with one key are one order', async () => {
  const before = await client.product('WIDGET');
  const lines = [{ productId: widget, quantity: 3 }];
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.checkout('eight clicks', lines)));
  expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect((await client.product('WIDGET')).inventory).toBe(before.inventory - 3);
  expect(await store.sql('SELECT FROM orders WHERE key_hash = $1', hashOfKey('eight clicks'))).toHaveLength(1);
});

test('eight checkouts at once with one key and two inputs are one order and conflicts', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => client.checkout('two minds', [{ productId: i % 2 ? widget : gadget }])),
  );
  const won = answers.filter(({ __typename }) => __typename === 'CheckoutSuccess');
  const lost = answers.filter(({ __typename }) => __typename === 'IdempotencyConflictError');
  expect([won.length, lost.length]).toEqual([4, 4]);
  expect(new Set(won.map(({ order }) => order?.id)).size).toBe(1);
});

test('an input that nobody can buy does not spoil its key for one that can be bought at the same moment', async () => {
  const unknown = btoa('Product:999');
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => client.checkout('one of two', [{ productId: i % 2 ? widget : unknown }])),
  );
  const [wrong, right] = [0, 1].map((odd) => answers.filter((_, i) => i % 2 === odd));
  for (const { __typename } of wrong!) expect(__typename).toMatch(/^(InvalidInput|IdempotencyConflict)Error$/);
  for (const { __typename } of right!) expect(__typename).toBe('CheckoutSuccess');
  expect(new Set(right!.map(({ order }) => order?.id)).size).toBe(1);
});

describe('a key that was used', () => {
  test('conflicts with another input, and changes nothing', async () => {
    await client.checkout('used', [{ productId: widget, quantity: 1 }]);
    const before = await store.contents();
    for (const lines of [
      [{ productId: widget, quantity: 2 }],
      [{ productId: gadget, quantity: 1 }],
      [{ productId: widget }, { productId: gadget }],
    ])
      expect(await client.checkout('used', lines)).toMatchObject({ __typename: 'IdempotencyConflictError' });
    expect(await store.contents()).toEqual(before);
  });

  test('takes lines in another order, or split, for the same input', async () => {
    const { order } = await client.checkout('same', [{ productId: widget, quantity: 3 }, { productId: gadget }]);
    const again = await client.checkout('same', [
      { productId: gadget, quantity: 1 },
      { productId: widget, quantity: 1 },
      { productId: widget, quantity: 2 },
    ]);
    expect(again).toMatchObject({ __typename: 'CheckoutSuccess', replayed: true, order: { id: order!.id } });
  });

  test('gets its order as it is now, when that is cancelled', async () => {
    const { order } = await client.checkout('cancelled', [{ productId: widget }]);
    await client.cancel(order!.id);
    expect(await client.checkout('cancelled', [{ productId: widget }])).toMatchObject({
      replayed: true,
      order: { id: order!.id, status: 'CANCELLED' },
    });
  });

  test('gets its order as it is now, when that is dispatched', async () => {
    const { order } = await client.checkout('dispatched', [{ productId: widget }]);
    await client.pay(order!.payment.id, 'PAID');
    await eventually('dispatched', async () => (await client.order(order!.id))?.status === 'DISPATCHED');
    expect(await client.checkout('dispatched', [{ productId: widget }])).toMatchObject({
      replayed: true,
      order: { id: order!.id, status: 'DISPATCHED' },
    });
  });

  test('gets its order although a product of it can no longer be had', async () => {
    const { order } = await client.checkout('sold out', [{ productId: gadget, quantity: 5 }]);
    await client.restock({ idempotencyKey: 'none left', productId: gadget, level: { setTo: 0 } });
    expect(await client.checkout('sold out', [{ productId: gadget, quantity: 5 }])).toMatchObject({
      __typename: 'CheckoutSuccess',
      replayed: true,
      order: { id: order!.id },
    });
    await client.restock({ idempotencyKey: 'some again', productId: gadget, level: { setTo: 100 } });
  });
});

test('a key counts for each mutation by itself', async () => {
  const key = 'for everything';
  const { __typename, order } = await client.checkout(key, [{ productId: widget }]);
  const restocked = await client.restock({ idempotencyKey: key, productId: gadget, level: { setTo: 7 } });
  const paid = await client.pay(order!.payment.id, 'PAID', key);
  expect([__typename, restocked.__typename, paid.__typename]).toEqual([
    'CheckoutSuccess',
    'RestockSuccess',
    'SubmitPaymentSuccess',
  ]);
});

test('keys that differ only in case, spaces or composition are different', async () => {
  const keys = ['cl\u00e9', 'CL\u00c9', 'cle\u0301', ' cl\u00e9', 'cl\u00e9 '];
  const answers = await Promise.all(keys.map((key) => client.checkout(key, [{ productId: widget }])));
  expect(new Set(answers.map(({ order }) => order?.id)).size).toBe(keys.length);
});
