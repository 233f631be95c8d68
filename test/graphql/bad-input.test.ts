import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const store = useApp();
const globalId = (text: string) => Buffer.from(text).toString('base64');

/** Ids that are nothing's, or something else's than an order's, a payment's or a product's. */
const NO_IDS = [
  '',
  ' ',
  '1',
  '\0',
  '🛒',
  '%%%',
  "' OR 1=1 --",
  'x'.repeat(10_000),
  globalId('Product'),
  globalId('Product:'),
  globalId('Product:0'),
  globalId('Product:-1'),
  globalId('Product:1e3'),
  globalId('Product:0x1'),
  globalId('Product: 1'),
  globalId('Product:999999'),
  globalId('Product:2147483648'),
  globalId(`Product:${'9'.repeat(400)}`),
  globalId('Product:1:2'),
  globalId('Order:1'),
  globalId('Order:\0'),
  globalId('Order:00000000-0000-0000-0000-000000000000'),
  globalId('Payment:00000000-0000-0000-0000-000000000000'),
  globalId('Order:00000000-0000-0000-0000-00000000000g'),
  globalId('OrderLine:1'),
  globalId('Query:1'),
  globalId('__proto__:1'),
];
const CHECKOUT =
  'mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename ... on InvalidInputError { path } } }';
const WRONG_KEYS = ['', 'k'.repeat(256), 'a\0b', '\ud800'];

let product: string;
let order: { id: string; payment: { id: string } };
let before: Record<string, string>;
beforeAll(async () => {
  product = (await store.client.product('WIDGET')).id;
  order = (await store.client.checkout('an order', [{ productId: product }])).order!;
  before = await store.contents();
});
afterAll(async () => {
  expect(await store.contents(), 'the database was changed').toEqual(before);
});

describe('a checkout is refused', () => {
  test('of what is no product', async () => {
    for (const productId of [...NO_IDS, order.id, order.payment.id]) {
      const answer = await store.client.checkout('k', [{ productId: product }, { productId }]);
      expect(answer, productId).toMatchObject({
        __typename: 'InvalidInputError',
        path: ['input', 'lines', '1', 'productId'],
      });
    }
  });

  test.each([0, -1, 1001, 2_147_483_647, -2_147_483_648])('of %i units', async (quantity) => {
    const path = ['input', 'lines', '0', 'quantity'];
    const answer = await store.client.checkout('k', [{ productId: product, quantity }]);
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', path });
  });

  test.each([2_147_483_648, 1e21, 1.5, '1', null, true])('of %o units, by the schema', async (quantity) => {
    const { data, errors } = await store.client.send(
      'mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename } }',
      { input: { idempotencyKey: 'k', lines: [{ productId: product, quantity }] } },
    );
    expect(data).toBeUndefined();
    expect(errors?.[0]?.message).toContain('got invalid value');
  });

  test.each([0, 51, 500])('of %i lines', async (count) => {
    const lines = Array.from({ length: count }, () => ({ productId: product }));
    const answer = await store.client.checkout('k', lines);
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', path: ['input', 'lines'] });
  });

  test.each([...WRONG_KEYS, 'fifteen letters'])('with a key like %o', async (key) => {
    const answer = await store.client.ask(CHECKOUT, {
      input: { idempotencyKey: key, lines: [{ productId: product }] },
    });
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', path: ['input', 'idempotencyKey'] });
  });
});

describe('a payment is refused', () => {
  test('for what is no payment', async () => {
    for (const id of [...NO_IDS, order.id, product])
      expect(await store.client.pay(id, 'PAID'), id).toMatchObject({ __typename: 'NotFoundError' });
  });

  test.each(WRONG_KEYS)('with a key like %o', async (key) => {
    const answer = await store.client.pay(order.payment.id, 'PAID', key);
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', path: ['input', 'idempotencyKey'] });
  });

  test('with an outcome that there is not', async () => {
    const { errors } = await store.client.send(
      'mutation ($id: ID!, $outcome: PaymentOutcome!) { submitPayment(input: { paymentId: $id, outcome: $outcome }) { __typename } }',
      { id: order.payment.id, outcome: 'CANCEL' },
    );
    expect(errors?.[0]?.message).toContain('PaymentOutcome');
  });
});

test('nothing is cancelled by what is no id of an order', async () => {
  for (const id of [...NO_IDS, order.payment.id, product])
    expect(await store.client.cancel(id), id).toMatchObject({ __typename: 'NotFoundError' });
});

describe('a restocking is refused', () => {
  test('of what is no product', async () => {
    for (const productId of [...NO_IDS, order.id])
      expect(await store.client.restock({ idempotencyKey: 'k', productId }), productId).toMatchObject({
        __typename: 'NotFoundError',
      });
  });

  test.each(WRONG_KEYS)('with a key like %o', async (idempotencyKey) => {
    const answer = await store.client.restock({ idempotencyKey });
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', path: ['input', 'idempotencyKey'] });
  });

  test.each([
    [{ setTo: -1 }, 'setTo'],
    [{ setTo: 2_147_483_647 }, 'setTo'],
    [{ add: 0 }, 'add'],
    [{ add: -1 }, 'add'],
    [{ add: 1_000_000_000 }, 'add'],
    [{ add: 2_147_483_647 }, 'add'],
  ])('to the level %o', async (level, name) => {
    const answer = await store.client.restock({ idempotencyKey: 'k', level });
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', path: ['input', 'level', name] });
  });

  test.each([{}, { setTo: 1, add: 1 }, { setTo: null }, { setTo: null, add: 1 }, { setTo: 2_147_483_648 }, null])(
    'to the level %o, by the schema',
    async (level) => {
      const document = 'mutation ($input: RestockInput!) { restock(input: $input) { __typename } }';
      const { data, errors } = await store.client.send(document, { input: { idempotencyKey: 'k', level } });
      expect(data).toBeUndefined();
      expect(errors?.[0]?.message).toContain('got invalid value');
    },
  );
});

test('nothing is found by what is no id or no SKU', async () => {
  for (const id of NO_IDS) {
    expect(await store.client.order(id), id).toBeNull();
    expect(await store.client.ask('query ($id: ID!) { node(id: $id) { id } }', { id }), id).toBeNull();
  }
  for (const sku of ['', 'nothing', '\0', '\ud800', 'x'.repeat(10_000), "'"])
    expect(await store.client.product(sku), sku).toBeNull();
});

describe.each(['products', 'orders'])('a page of %s is refused', (list) => {
  const page = (args: string) => store.client.send(`{ ${list}(${args}) { edges { cursor } } }`);

  test.each(['first: -1', 'last: -1', 'first: 1, last: 1', 'first: -2147483648'])('for %s', async (args) => {
    const { data, errors } = await page(args);
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  const cursors = ['', 'garbage', '\0', 'GPC:N:1', globalId('GPC:N:'), globalId('GPC:S:a'), globalId('GPC:N:1.5')];
  const huge = [globalId('GPC:N:99999999999'), globalId(`GPC:I:${'9'.repeat(30)}`), globalId('GPC:D:1'), '🛒'];
  test.each([
    ['after', 'first'],
    ['before', 'last'],
  ])('for a cursor that no page gave out, as %s', async (name, count) => {
    for (const cursor of [...cursors, ...huge]) {
      const { errors } = await page(`${count}: 1, ${name}: ${JSON.stringify(cursor)}`);
      expect(errors, cursor).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  test('for more than fits a number, by the schema', async () => {
    const { errors } = await page('first: 2147483648');
    expect(errors?.[0]?.message).toContain('32-bit');
  });
});

test('variables that are wrong a thousand times are told in few words', async () => {
  const input = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`unknown${n}`, n]));
  const { errors } = await store.client.send(
    'mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename } }',
    { input },
  );
  expect(errors!.length).toBeLessThan(10);
  for (const { message } of errors!) expect(message.length).toBeLessThan(1_100);
  expect(errors![0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', retryable: false } });
});
