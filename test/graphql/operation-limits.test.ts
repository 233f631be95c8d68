import { getIntrospectionQuery } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { PRODUCTION, useApp } from '../support/app.ts';

/** The schema has no circle other than those that are refused, so that nothing in it is deeper than nine levels. */
const store = useApp({ env: { ...PRODUCTION, LIMIT_DEPTH: '6', DISPATCH_STEPS: '10' } });

let orderId: string;
beforeAll(async () => {
  const productId = (await store.client.product('WIDGET')).id;
  orderId = (await store.client.checkout('an order', [{ productId }])).order!.id;
});

const nested = (levels: number) =>
  `{ order(id: "${orderId}") { ${'events { order { '.repeat(levels)}id${' } }'.repeat(levels)} } }`;
const repeated = (count: number, field: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => field(n)).join(' ');
const checkout = (n: number) =>
  `c${n}: checkout(input: { idempotencyKey: "a-key-of-sixteen-${n}", lines: [] }) { __typename }`;
const IN_STOCK = 'edges { node { sku } }';

/** Documents that ask for too much, and what the refusal says. */
const REFUSED: [string, () => string, RegExp][] = [
  ['a field within itself', () => nested(2), /within itself/],
  ['a field within itself, fourteen times', () => nested(14), /within itself/],
  [
    'large pages of large things',
    () => `{ orders(first: 100) { edges { node { events { at type version status } } } } }`,
    /a cost of 5402/,
  ],
  [
    'pages whose size is in a variable',
    () =>
      `query ($n: Int) { ${repeated(20, (n) => `p${n}: products(first: $n) { edges { cursor node { sku name } } }`)} }`,
    /a cost of/,
  ],
  ['more root fields', () => `{ ${repeated(21, (n) => `a${n}: __typename`)} }`, /number of root fields of 21/],
  [
    'more root fields by a fragment',
    () => `{ ...F } fragment F on Query { ${repeated(21, (n) => `a${n}: __typename`)} }`,
    /root fields of 21/,
  ],
  ['more changes at once', () => `mutation { ${repeated(6, checkout)} }`, /number of root fields of 6; the limit is 5/],
  ['600 checkouts at once', () => `mutation { ${repeated(600, checkout)} }`, /more than 1000 tokens/],
  [
    'more aliases',
    () => `{ products { edges { node { ${repeated(31, (n) => `a${n}: sku`)} } } } }`,
    /number of aliases of 31/,
  ],
  ['more directives', () => `{ __typename ${'@skip(if: false) '.repeat(21)} }`, /number of directives of 21/],
  [
    'more depth',
    () => `{ order(id: "${orderId}") { events { order { lines { product { price { amount } } } } } } }`,
    /a depth of 7/,
  ],
  ['more tokens', () => `{ ${'__typename '.repeat(1_001)} }`, /more than 1000 tokens/],
  ['3,000 levels of nesting', () => `{ ${'a { '.repeat(3_000)} b ${'}'.repeat(3_000)} }`, /more than 1000 tokens/],
  [
    'an introspection under names of its own',
    () => `{ __schema { ${repeated(3, (n) => `t${n}: types { name }`)} } }`,
    /introspection take no aliases/,
  ],
  ['many introspections', () => `{ ${repeated(6, (n) => `i${n}: __schema { types { name } }`)} }`, /a cost of 24000/],
];

describe('an operation is refused that asks for', () => {
  test.each(REFUSED)('%s', async (_what, document, message) => {
    const before = await store.contents();
    const response = await fetch(`${store.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query: document() }),
    });
    const { errors, data } = (await response.json()) as {
      errors: { message: string; extensions: { code: string } }[];
      data?: unknown;
    };
    expect(response.status).toBe(400);
    expect(data).toBeUndefined();
    expect(errors.map((error) => error.message).join()).toMatch(message);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(OPERATION_TOO_LARGE|GRAPHQL_VALIDATION_FAILED)$/)]),
    );
    expect(await store.contents()).toEqual(before);
  });

  test('an event of a subscription that costs more', async () => {
    const query = `subscription { orderProgress(orderId: "${orderId}") { order { events { at type version status } lines { product { ${repeated(30, (n) => `a${n}: sku`)} } } } } }`;
    const { errors } = await store.client.send(query);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('the limit is 200'), extensions: { code: 'OPERATION_TOO_LARGE' } },
    ]);
  });
});

test('what is at the limits is answered, with what it cost', async () => {
  const query = `{ ${repeated(20, (n) => `p${n}: products(first: 100) { ${IN_STOCK} }`)} }`;
  const answer = await store.client.send(query);
  expect(answer).toMatchObject({
    data: { p19: { edges: [{ node: { sku: 'WIDGET' } }, {}, {}, {}] } },
    extensions: { cost: 20 * 202 },
  });
  expect(answer.errors).toBeUndefined();
});

test('tools can read the schema', async () => {
  const { data, errors } = await store.client.send(getIntrospectionQuery({ oneOf: true }));
  expect(errors).toBeUndefined();
  expect(data).toHaveProperty('__schema');
});

test('a document is parsed and validated once, and again after others took its place', async () => {
  const query = '{ server { demo } }';
  for (let i = 0; i < 3; i++) expect(await store.client.ask(query)).toEqual({ demo: false });
  for (let i = 0; i < 8; i++) await store.client.send(`{ __typename } #${i}${' '.repeat(60_000)}`);
  expect(await store.client.ask(query)).toEqual({ demo: false });
});
