import { beforeAll, describe, expect, test } from 'vitest';
import { OPERATOR_TOKEN, PRODUCTION, useApp } from '../support/app.ts';
import type { Client, OrderData } from '../support/client.ts';
import { expectLog } from '../support/log.ts';

expectLog(/The table `public.products` does not exist/, /no sweep/);

const store = useApp({ env: PRODUCTION });
const { client } = store;
const operator = store.clientWith();

let order: OrderData;
beforeAll(async () => {
  const { id: productId } = await client.product('WIDGET');
  order = (await client.checkout('an order', [{ productId }])).order!;
});

const OPERATIONS: [string, (id: string, paymentId: string) => string][] = [
  ['orders', () => '{ orders { edges { node { id } } } }'],
  ['Order.workflow', (id) => `{ order(id: "${id}") { id workflow { id } } }`],
  ['restock', () => 'mutation { restock(input: { idempotencyKey: "r", level: { setTo: 5 } }) { __typename } }'],
  [
    'submitPayment',
    (_, id) => `mutation { submitPayment(input: { paymentId: "${id}", outcome: PAID }) { __typename } }`,
  ],
];

describe.each(OPERATIONS)("%s, an operators' field,", (_name, documentOf) => {
  const send = (as: Client) => as.send(documentOf(order.id, order.payment.id));

  test('refuses whoever has no token, and changes nothing', async () => {
    const before = await store.contents();
    const { errors } = await send(client);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(errors![0]!.message).toContain('Authorization: Bearer');
    expect(await store.contents()).toEqual(before);
  });

  test.each([
    ['a wrong token', OPERATOR_TOKEN.replace('0', '1')],
    ['part of the token', OPERATOR_TOKEN.slice(0, -1)],
    ['more than the token', OPERATOR_TOKEN.repeat(2)],
    ['the token and more words', `${OPERATOR_TOKEN} more`],
  ])('refuses %s, and changes nothing', async (_what, token) => {
    const before = await store.contents();
    const { errors } = await send(store.clientWith(token));
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_TOKEN' } }]);
    expect(await store.contents()).toEqual(before);
  });

  test('answers the bearer of the token', async () => {
    const { data, errors } = await send(operator);
    expect(errors).toBeUndefined();
    expect(Object.values(data!)[0]).toBeTruthy();
  });
});

test('a refusal of everything that was asked has the status 401', async () => {
  const body = JSON.stringify({ query: '{ orders { edges { cursor } } }' });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${store.url}/graphql`, { method: 'POST', headers, body });
  expect(response.status).toBe(401);
});

test('a stream for operators is refused, and one for shoppers is not', async () => {
  const subscribe = (query: string, token?: string) =>
    fetch(`${store.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { accept: 'text/event-stream', ...(token && { authorization: `Bearer ${token}` }) },
    });
  expect(await (await subscribe('subscription { ordersChanged { id } }')).text()).toContain('UNAUTHENTICATED');
  await client.cancel(order.id);
  const progress = `subscription { orderProgress(orderId: "${order.id}", afterVersion: 0) { version } }`;
  expect(await (await subscribe(progress)).text()).toContain('"version":1');
});

test('the server cannot be asked to crash', async () => {
  const { errors } = await operator.send('mutation { crash { executorId } }');
  expect(errors?.[0]?.message).toContain('Cannot query field "crash"');
  expect(await client.ask('{ __type(name: "Crash") { name } }')).toBeNull();
});

test('it says that it is no demo', async () => {
  expect(await client.ask('{ server { demo } }')).toEqual({ demo: false });
});

test('GraphiQL is off', async () => {
  const response = await fetch(`${store.url}/graphql`, { headers: { accept: 'text/html' } });
  expect(await response.text()).not.toMatch(/graphiql/i);
});

test('browsers are told to stay with HTTPS and to load nothing from elsewhere', async () => {
  for (const path of ['/graphql?query={__typename}', '/livez', '/'])
    expect((await fetch(store.url + path)).headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
  const policy = (await fetch(store.url)).headers.get('content-security-policy');
  expect(policy).toMatch(/default-src 'self';.*frame-ancestors 'none';.*script-src 'self';style-src 'self'$/);
});

test('an error of the server does not tell what went wrong inside', async () => {
  await store.sql('ALTER TABLE products RENAME TO hidden');
  try {
    const { errors } = await client.send('{ products { edges { cursor } } }');
    expect(errors).toMatchObject([{ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify(errors)).not.toMatch(/hidden|relation|prisma|stack/i);
  } finally {
    await store.sql('ALTER TABLE hidden RENAME TO products');
  }
});
