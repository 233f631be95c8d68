import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const store = useApp({ env: { NODE_ENV: 'production' } });
const JSON_TYPE = { 'content-type': 'application/json' };
/** An answer of the API whose text, status and type a client can tell apart. */
type Seen = { status: number; type: string | null; body: string };

async function post(target: string, body: string, headers: Record<string, string> = {}): Promise<Seen> {
  const init = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body };
  const response = await fetch(store.url + target, init);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

/** Sends a body by the express lane, and by Yoga alone: an address with a query is none of the lane's. */
async function bothWays(body: unknown, headers: Record<string, string> = {}): Promise<[lane: Seen, yoga: Seen]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return [await post('/graphql', text, headers), await post('/graphql?x', text, headers)];
}

async function expectSame(body: unknown, headers: Record<string, string> = {}): Promise<Seen> {
  const [lane, yoga] = await bothWays(body, headers);
  expect(lane).toEqual(yoga);
  return lane;
}

let productId: string;
let orderId: string;
beforeAll(async () => {
  productId = (await store.client.product('WIDGET')).id;
  orderId = (await store.client.checkout('an order', [{ productId }])).order!.id;
});

const CHECKOUT = `mutation Buy($input: CheckoutInput!) { checkout(input: $input) { __typename
  ... on CheckoutSuccess { replayed order { id status total { amount } } } ... on UserError { message } } }`;
const checkoutOf = (idempotencyKey: string, quantity = 1) => ({
  query: CHECKOUT,
  variables: { input: { idempotencyKey, lines: [{ productId, quantity }] } },
});

describe('the answer is the same by the express lane as by Yoga', () => {
  const PRODUCTS = 'query List { products { edges { node { id sku price { amount currencyCode } } } } }';
  test.each([
    ['a query', { query: PRODUCTS }],
    ['fields in another order, under other names', { query: '{ b: product(sku: "GADGET") { sku id } a: __typename }' }],
    ['fragments', { query: 'query { product(sku: "WIDGET") { ...P } } fragment P on Product { id name }' }],
    [
      'a directive',
      { query: 'query ($no: Boolean!) { __typename @include(if: $no) server { demo } }', variables: { no: false } },
    ],
    ['an introspection', { query: '{ __schema { queryType { name } } }' }],
    ['variables that are null', { query: PRODUCTS, variables: null, operationName: null, extensions: null }],
    ['the name of the operation', { query: PRODUCTS, operationName: 'List' }],
    ['an empty name of an operation', { query: PRODUCTS, operationName: '' }],
    ['the name of another operation', { query: PRODUCTS, operationName: 'Other' }],
    ['a name that is a number', { query: PRODUCTS, operationName: 1 }],
    ['extensions', { query: PRODUCTS, extensions: { a: 1 } }],
    ['a parameter that there is not', { query: PRODUCTS, more: 1 }],
    ['a parameter that there is not, as null', { query: PRODUCTS, more: null }],
    ['variables that are a text', { query: PRODUCTS, variables: '{}' }],
    ['variables that are a list', { query: PRODUCTS, variables: [] }],
    ['no query', { variables: {} }],
    ['a query that is empty', { query: '' }],
    ['a query that is a number', { query: 1 }],
    ['a document that is none', { query: '{' }],
    ['a field that there is not', { query: '{ nothing }' }],
    ['no operation', { query: 'fragment F on Product { id }' }],
    ['a variable that is missing', { query: CHECKOUT }],
    ['a variable of a wrong type', { query: CHECKOUT, variables: { input: { idempotencyKey: 1, lines: 'x' } } }],
    ['two operations, one named', { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'B' }],
    ['two operations, none named', { query: 'query A { a: __typename } query B { b: __typename }' }],
    ['a batch', [{ query: PRODUCTS }]],
    ['a page that is refused', { query: '{ products(first: -1) { edges { cursor } } }' }],
    ['an error beside data', { query: '{ __typename product(sku: "WIDGET") { sku } orders { edges { cursor } } }' }],
    ["an operators' field", { query: '{ orders { edges { cursor } } }' }],
    [
      "an operators' mutation",
      { query: 'mutation { restock(input: { idempotencyKey: "r", level: { setTo: 5 } }) { __typename } }' },
    ],
    ['nothing', ''],
    ['no JSON', '{'],
    ['a byte order mark alone', '\ufeff'],
    ['a byte order mark before JSON', '\ufeff{"query":"{ __typename }"}'],
    ['a space', ' '],
    ['null', 'null'],
    ['a text', '"text"'],
    ['a number', '1'],
  ])('to %s', async (_what, body) => {
    await expectSame(body);
  });

  test('to an order that is null, and one that is not', async () => {
    const query = 'query ($id: ID!) { order(id: $id) { id status workflow { id } } }';
    for (const id of [orderId, 'nothing']) await expectSame({ query, variables: { id } });
  });

  test('to a mutation', async () => {
    await post('/graphql', JSON.stringify(checkoutOf('twice')));
    const { body } = await expectSame(checkoutOf('twice'));
    expect(JSON.parse(body)).toMatchObject({ data: { checkout: { __typename: 'CheckoutSuccess', replayed: true } } });
  });

  test('to a mutation that is refused by a typed error', async () => {
    const { body } = await expectSame(checkoutOf('wrong', 0));
    expect(JSON.parse(body)).toMatchObject({ data: { checkout: { __typename: 'InvalidInputError' } } });
  });

  test('to somebody without the token, and to its bearer', async () => {
    const query = '{ orders(first: 1) { edges { node { id } } } }';
    expect((await expectSame({ query })).status).toBe(401);
    const { status } = await expectSame({ query }, { authorization: 'Bearer token-for-operators' });
    expect(status).toBe(200);
  });

  test('to what goes wrong inside, which it does not tell', async () => {
    await store.sql('ALTER TABLE products RENAME TO hidden');
    try {
      const { body } = await expectSame({ query: '{ products { edges { cursor } } }' });
      expect(JSON.parse(body).errors).toMatchObject([{ message: 'Unexpected error.' }]);
      await expectSame({ query: '{ __typename product(sku: "WIDGET") { sku } }' });
    } finally {
      await store.sql('ALTER TABLE hidden RENAME TO products');
    }
  });

  test('to a body that is too large', async () => {
    const query = `{ __typename } #${'x'.repeat(70_000)}`;
    expect((await expectSame({ query })).status).toBe(413);
  });

  test.each([
    'application/json',
    '*/*',
    'application/json, */*',
    'application/json;q=0.9',
    'application/json; charset=utf-16',
    'application/graphql-response+json',
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    'application/json, application/graphql-response+json',
    '*/*, application/graphql-response+json',
    'application/*',
    'Application/GraphQL-Response+JSON; charset=UTF-8',
    'text/event-stream, application/json',
    'text/html, application/xhtml+xml, */*;q=0.8',
    'text/html',
    'text/event-stream',
  ])('when %s is accepted', async (accept) => {
    await expectSame({ query: '{ __typename }' }, { accept });
    await expectSame({ query: '{ __typename orders { edges { cursor } } }' }, { accept });
    await expectSame({ query: 'query ($a: Int!) { __typename }' }, { accept });
  });

  test.each(['application/json', 'application/graphql-response+json'])(
    'to a subscription, accepting %s',
    async (accept) => {
      const query = `subscription { orderProgress(orderId: "${orderId}") { version } }`;
      await expectSame({ query }, { accept });
    },
  );

  test.each([
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'APPLICATION/JSON',
    'application/graphql+json',
    'text/plain',
  ])('to a body of the type %s', async (type) => {
    await expectSame({ query: '{ __typename }' }, { 'content-type': type });
  });
});

test('both ways are told to browsers in the same terms', async () => {
  const headersOf = async (target: string) => {
    const init = { method: 'POST', headers: JSON_TYPE, body: '{"query":"{ __typename }"}' };
    const { headers } = await fetch(store.url + target, init);
    return ['strict-transport-security', 'x-content-type-options', 'access-control-allow-origin'].map((name) =>
      headers.get(name),
    );
  };
  expect(await headersOf('/graphql')).toEqual(await headersOf('/graphql?x'));
});
