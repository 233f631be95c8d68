import { beforeAll, expect, test } from 'vitest';
import { PRODUCTION, useApp } from '../support/app.ts';
import { clientOf } from '../support/client.ts';
import { keyOf } from '../support/keys.ts';

const store = useApp({
  env: {
    ...PRODUCTION,
    TRUST_PROXY: '1',
    PAYMENT_WINDOW_SECONDS: '600',
    LIMIT_CLIENT_CHECKOUTS: '8',
    LIMIT_CLIENT_OPEN_ORDERS: '3',
    LIMIT_CLIENT_HELD_UNITS: '10',
    LIMIT_TOKEN_FACTOR: '3',
  },
});

/** A client of the proxy in front of the store. */
const from = (address: string) => (url: string, init: RequestInit) =>
  fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), 'x-forwarded-for': address } });
const shopperAt = (address: string) => clientOf(() => store.url, undefined, from(address));

const CHECKOUT = `mutation ($input: CheckoutInput!) { checkout(input: $input) {
  __typename ... on UserError { message } } }`;

let productId: string;
beforeAll(async () => {
  productId = (await store.client.product('WIDGET')).id;
});

/** Checks out, and returns the answer as HTTP has it. */
async function checkOutFrom(address: string, name: string, quantity = 1) {
  const response = await from(address)(`${store.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: CHECKOUT,
      variables: { input: { idempotencyKey: keyOf(name), lines: [{ productId, quantity }] } },
    }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { checkout: { __typename: string; message?: string } };
    errors?: { message: string; extensions: Record<string, unknown> }[];
  };
  return { status: response.status, headers: response.headers, result: data?.checkout, error: errors?.[0] };
}

test('a client that has as many open orders as it may gets no more, until one of them is over', async () => {
  const shopper = shopperAt('192.0.2.1');
  const orders = [];
  for (const name of ['open 1', 'open 2', 'open 3'])
    orders.push((await shopper.checkout(name, [{ productId }])).order!);
  const refused = await checkOutFrom('192.0.2.1', 'open 4');
  expect(refused.status).toBe(429);
  expect(refused.error!.extensions).toMatchObject({ code: 'ORDERS_LIMITED', retryable: true });
  const seconds = Number(refused.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(500);
  expect(seconds).toBeLessThanOrEqual(600);

  expect(await shopper.checkout('open 1', [{ productId }]), 'a key that is known').toMatchObject({
    replayed: true,
    order: { id: orders[0]!.id },
  });
  expect((await checkOutFrom('192.0.2.2', 'of another')).result).toEqual({ __typename: 'CheckoutSuccess' });

  await shopper.cancel(orders[1]!.id);
  expect((await checkOutFrom('192.0.2.1', 'open 4')).result).toEqual({ __typename: 'CheckoutSuccess' });
});

test('a payment makes room as well', async () => {
  const shopper = shopperAt('192.0.2.3');
  const [first] = await Promise.all(
    ['paid 1', 'paid 2', 'paid 3'].map(async (name) => (await shopper.checkout(name, [{ productId }])).order!),
  );
  await store.clientWith().pay(first!.payment.id, 'PAID');
  expect((await checkOutFrom('192.0.2.3', 'paid 4')).result).toEqual({ __typename: 'CheckoutSuccess' });
});

test('a client holds no more units than it may, in one order or in several', async () => {
  const tooMany = await checkOutFrom('192.0.2.4', 'eleven', 11);
  expect(tooMany.result).toEqual({
    __typename: 'InvalidInputError',
    message: 'Orders that are not paid have 10 units at most, of all products together.',
  });
  expect((await checkOutFrom('192.0.2.4', 'seven', 7)).result?.__typename).toBe('CheckoutSuccess');
  expect((await checkOutFrom('192.0.2.4', 'four', 4)).error?.extensions.code).toBe('ORDERS_LIMITED');
  expect((await checkOutFrom('192.0.2.4', 'three', 3)).result?.__typename).toBe('CheckoutSuccess');
});

test('a checkout that places nothing takes no room', async () => {
  const shopper = shopperAt('192.0.2.5');
  const unknown = Buffer.from('Product:999999').toString('base64');
  for (const name of ['nothing 1', 'nothing 2'])
    expect(await shopper.checkout(name, [{ productId: unknown, quantity: 5 }])).toMatchObject({
      __typename: 'InvalidInputError',
    });
  const { id: gizmo } = await shopper.product('GIZMO');
  await store.clientWith().restock({ idempotencyKey: 'few', productId: gizmo, level: { setTo: 1 } });
  for (const name of ['short 1', 'short 2', 'short 3'])
    expect(await shopper.checkout(name, [{ productId: gizmo, quantity: 2 }])).toMatchObject({
      __typename: 'InsufficientStockError',
    });
  expect((await checkOutFrom('192.0.2.5', 'something', 10)).result?.__typename).toBe('CheckoutSuccess');
});

test('a client checks out as often as it may in a minute, and is told how often that is', async () => {
  const first = await checkOutFrom('2001:db8:1:2::1', 'counted');
  expect(first.headers.get('ratelimit-policy')).toBe('"checkouts";q=8;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"checkouts";r=7;t=(60|59)$/);
  // Another address of the same network, each time.
  for (let again = 2; again <= 8; again++)
    expect((await checkOutFrom(`2001:db8:1:2::${again}`, 'counted')).status).toBe(200);
  const refused = await checkOutFrom('2001:db8:1:2:3::', 'counted');
  expect(refused.status).toBe(429);
  expect(refused.error).toMatchObject({ extensions: { code: 'RATE_LIMITED', retryable: true } });
  expect(refused.headers.get('ratelimit')).toMatch(/^"checkouts";r=0;t=\d+$/);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await checkOutFrom('2001:db8:1:3::1', 'counted elsewhere')).status).toBe(200);
});

test('each checkout of a document counts', async () => {
  const lines = `[{ productId: "${productId}" }]`;
  const five = Array.from(
    { length: 5 },
    (_, n) => `c${n}: checkout(input: { idempotencyKey: "${keyOf('batch')}", lines: ${lines} }) { __typename }`,
  );
  const shopper = shopperAt('192.0.2.6');
  expect((await shopper.send(`mutation { ${five.join(' ')} }`)).errors).toBeUndefined();
  const { data, errors } = await shopper.send<Record<string, unknown>>(`mutation { ${five.join(' ')} }`);
  expect(data).toBeNull();
  expect(errors![0]!.extensions!.code).toBe('RATE_LIMITED');
});

test('whoever bears a token may have more, wherever it comes from, and its keys are its own', async () => {
  const shop = store.clientWith();
  const orders = [];
  for (let n = 1; n <= 9; n++) orders.push((await shop.checkout(`of a shop ${n}`, [{ productId }])).order!);
  expect(new Set(orders.map(({ id }) => id)).size).toBe(9);
  const { errors } = await shop.send(CHECKOUT, {
    input: { idempotencyKey: keyOf('of a shop 10'), lines: [{ productId }] },
  });
  expect(errors![0]!.extensions!.code).toBe('ORDERS_LIMITED');

  const stranger = await shopperAt('192.0.2.7').checkout('of a shop 1', [{ productId }]);
  expect(stranger).toMatchObject({ __typename: 'CheckoutSuccess', replayed: false });
  expect(stranger.order!.id).not.toBe(orders[0]!.id);
});
