import { beforeAll, describe, expect, test } from 'vitest';
import { OPERATOR_TOKEN, PRODUCTION, useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';
import { sendBytes } from '../support/raw.ts';

expectLog(/The table `public.\w+` does not exist/, /relation .* does not exist/);

const store = useApp({ env: PRODUCTION });
const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

type Extensions = { code: string; retryable: boolean; requestId: string };
type Answer = { data?: Record<string, unknown> | null; errors?: { message: string; extensions: Extensions }[] };
type Seen = { status: number; type: string | null; headers: Headers; text: string; body: Answer };

async function seen(response: Response): Promise<Seen> {
  const text = await response.text();
  const type = response.headers.get('content-type');
  const body = type?.includes('json') ? (JSON.parse(text) as Answer) : {};
  return { status: response.status, type, headers: response.headers, text, body };
}

async function post(body: unknown, headers: Record<string, string> = {}): Promise<Seen> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text };
  return seen(await fetch(`${store.url}/graphql`, init));
}

const get = async (params: Record<string, string>, headers: Record<string, string> = {}) =>
  seen(await fetch(`${store.url}/graphql?${new URLSearchParams(params)}`, { headers }));

const codesOf = ({ body }: Seen) => body.errors && [...new Set(body.errors.map(({ extensions }) => extensions.code))];

const PRODUCTS = 'query List { products(first: 2) { edges { node { sku } } } }';
const FIRST_TWO = { products: { edges: [{ node: { sku: 'WIDGET' } }, { node: { sku: 'GADGET' } }] } };
const CHECKOUT = `mutation Buy($input: CheckoutInput!) { checkout(input: $input) { __typename
  ... on CheckoutSuccess { replayed } ... on UserError { message } } }`;

let productId: string;
let order: { id: string; payment: { id: string } };
beforeAll(async () => {
  const operators = store.clientWith();
  productId = (await operators.product('WIDGET')).id;
  order = (await operators.checkout('an order', [{ productId }])).order!;
  await operators.pay(order.payment.id, 'PAID');
  await eventually('dispatched', async () => (await operators.order(order.id))?.status === 'DISPATCHED');
});

describe('an operation is answered', () => {
  test.each([
    ['alone', { query: PRODUCTS }],
    [
      'with variables, name and extensions of null',
      { query: PRODUCTS, variables: null, operationName: null, extensions: null },
    ],
    ['with its name', { query: `${PRODUCTS} query Other { __typename }`, operationName: 'List' }],
    ['with extensions', { query: PRODUCTS, extensions: { a: 1 } }],
  ])('when it is posted %s', async (_what, body) => {
    expect(await post(body)).toMatchObject({ status: 200, type: JSON_TYPE, body: { data: FIRST_TWO } });
  });

  test('when it is in an address, with its variables', async () => {
    const query = 'query ($first: Int) { products(first: $first) { edges { node { sku } } } }';
    const answer = await get({ query, variables: '{"first":2}', operationName: '', extensions: '' });
    expect(answer).toMatchObject({ status: 200, type: JSON_TYPE, body: { data: FIRST_TWO } });
  });

  test.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/graphql+json',
  ])('when it is posted as %s', async (type) => {
    expect(await post({ query: PRODUCTS }, { 'content-type': type })).toMatchObject({
      status: 200,
      body: { data: FIRST_TWO },
    });
  });

  test('with what it cost, and with no keeping of the answer', async () => {
    const { text, headers } = await post({ query: PRODUCTS });
    // products, and of two edges the edge, its node and the SKU.
    expect(JSON.parse(text).extensions).toEqual({ cost: 6 });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
  });

  test('in the media type that its client likes best', async () => {
    for (const [accept, type] of [
      ['*/*', JSON_TYPE],
      ['application/*', JSON_TYPE],
      ['application/json', JSON_TYPE],
      ['Application/GraphQL-Response+JSON; charset=UTF-8', RESPONSE_TYPE],
      ['application/json;q=0.5, application/graphql-response+json', RESPONSE_TYPE],
      ['application/graphql-response+json;q=0, application/json', JSON_TYPE],
      ['text/html, application/xhtml+xml, */*;q=0.8', JSON_TYPE],
      ['text/event-stream, application/json', JSON_TYPE],
    ] as const)
      expect(await post({ query: PRODUCTS }, { accept }), accept).toMatchObject({ status: 200, type });
  });

  test('as a stream of one event for a client that takes nothing else', async () => {
    const { status, type, text } = await post({ query: '{ server { demo } }' }, { accept: 'text/event-stream' });
    expect({ status, type }).toEqual({ status: 200, type: 'text/event-stream' });
    expect(text).toBe(
      'event: next\ndata: {"data":{"server":{"demo":false}},"extensions":{"cost":2}}\n\nevent: complete\ndata:\n\n',
    );
  });
});

describe('what cannot be understood is an error of its sender', () => {
  test.each<[string, unknown, number, string]>([
    ['nothing', '', 400, 'BAD_REQUEST'],
    ['no JSON', '{', 400, 'BAD_REQUEST'],
    ['a text', '"text"', 400, 'BAD_REQUEST'],
    ['null', 'null', 400, 'BAD_REQUEST'],
    ['a number', '1', 400, 'BAD_REQUEST'],
    ['a batch', [{ query: PRODUCTS }], 400, 'BAD_REQUEST'],
    ['no document', { variables: {} }, 400, 'BAD_REQUEST'],
    ['an empty document', { query: '' }, 400, 'BAD_REQUEST'],
    ['a document that is a number', { query: 1 }, 400, 'BAD_REQUEST'],
    ['variables that are a text', { query: PRODUCTS, variables: '{}' }, 400, 'BAD_REQUEST'],
    ['variables that are a list', { query: PRODUCTS, variables: [] }, 400, 'BAD_REQUEST'],
    ['extensions that are a list', { query: PRODUCTS, extensions: [] }, 400, 'BAD_REQUEST'],
    ['a name that is a number', { query: PRODUCTS, operationName: 1 }, 400, 'BAD_REQUEST'],
    ['a parameter that there is not', { query: PRODUCTS, more: 1 }, 400, 'BAD_REQUEST'],
    ['the name of another operation', { query: PRODUCTS, operationName: 'Other' }, 400, 'OPERATION_RESOLUTION_FAILURE'],
    [
      'two operations, none named',
      { query: 'query A { a: __typename } query B { b: __typename }' },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['no operation', { query: 'fragment F on Product { id }' }, 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['a document that is none', { query: '{' }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['a field that there is not', { query: '{ nothing }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a variable that is missing', { query: CHECKOUT }, 400, 'BAD_USER_INPUT'],
    [
      'a variable of a wrong type',
      { query: CHECKOUT, variables: { input: { idempotencyKey: 1, lines: 'x' } } },
      400,
      'BAD_USER_INPUT',
    ],
  ])('%s', async (_what, body, status, code) => {
    const answer = await post(body, { accept: 'application/graphql-response+json' });
    expect({ status: answer.status, codes: codesOf(answer) }).toEqual({ status, codes: [code] });
    expect(answer.body.errors![0]!.extensions).toMatchObject({ retryable: false });
    expect(answer.body).not.toHaveProperty('data');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    'multipart/form-data',
  ])('a body of the type %s', async (type) => {
    const answer = await post({ query: PRODUCTS }, { 'content-type': type });
    expect({ status: answer.status, codes: codesOf(answer) }).toEqual({
      status: 415,
      codes: ['UNSUPPORTED_MEDIA_TYPE'],
    });
  });

  test('a body that is compressed, or is not UTF-8', async () => {
    expect((await post({ query: PRODUCTS }, { 'content-encoding': 'gzip' })).status).toBe(415);
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"query":"\xff"}', 'latin1'),
    };
    expect(await seen(await fetch(`${store.url}/graphql`, init))).toMatchObject({ status: 400 });
  });

  test('variables or extensions in an address that are no JSON', async () => {
    for (const name of ['variables', 'extensions'])
      expect(codesOf(await get({ query: PRODUCTS, [name]: '{' }))).toEqual(['BAD_REQUEST']);
  });

  test('a body that is too large, whether or not it says so first', async () => {
    const body = JSON.stringify({ query: `{ __typename } #${'x'.repeat(70_000)}` });
    expect(await post(body)).toMatchObject({ status: 413 });
    const chunks = new Blob([body]).stream();
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: chunks, duplex: 'half' };
    const response = await fetch(`${store.url}/graphql`, init as RequestInit);
    expect(response.status).toBe(413);
    expect(await response.text()).toContain('PAYLOAD_TOO_LARGE');
  });

  test('of which the rest is let in, so that the connection can go on', async () => {
    const head =
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500000\r\n\r\n';
    const next = 'GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const answer = await sendBytes(Number(new URL(store.url).port), head + 'x'.repeat(500_000) + next);
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['413', '200']);
  });

  test.each(['text/html', 'image/png', 'application/xml'])('a client that only takes %s', async (accept) => {
    expect(await post({ query: PRODUCTS }, { accept })).toMatchObject({ status: 406, type: JSON_TYPE });
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])('%s', async (method) => {
    const response = await fetch(`${store.url}/graphql`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST');
  });

  test('a mutation in an address', async () => {
    const answer = await get({ query: 'mutation { cancelOrder(input: { orderId: "x" }) { __typename } }' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
});

describe('the status says what the whole answer is', () => {
  const ORDERS = 'orders(first: 1) { edges { node { id } } }';

  test('401 where the caller may have nothing of it, with what to do about it', async () => {
    const answer = await post({ query: `{ ${ORDERS} }` });
    expect({ status: answer.status, codes: codesOf(answer) }).toEqual({ status: 401, codes: ['UNAUTHENTICATED'] });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="store"');
    expect((await post({ query: `{ ${ORDERS} }` }, { authorization: `bearer ${OPERATOR_TOKEN}` })).status).toBe(200);
  });

  test('200 where something of it was answered', async () => {
    const query = `query ($id: ID!) { order(id: $id) { id workflow { id } } }`;
    const answer = await post({ query, variables: { id: order.id } });
    expect({ status: answer.status, codes: codesOf(answer) }).toEqual({ status: 200, codes: ['UNAUTHENTICATED'] });
    expect(answer.body.data).toEqual({ order: { id: order.id, workflow: null } });
  });

  test('401 for a wrong token, also where none is needed', async () => {
    for (const authorization of ['Bearer wrong', 'Bearer', 'Basic dXNlcjpwYXNz', `Bearer ${OPERATOR_TOKEN} more`, '']) {
      const answer = await post({ query: PRODUCTS }, { authorization });
      expect({ status: answer.status, codes: codesOf(answer) }).toEqual({ status: 401, codes: ['INVALID_TOKEN'] });
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  test('500 where something went wrong inside, which it does not tell', async () => {
    await store.sql('ALTER TABLE products RENAME TO hidden');
    try {
      const answer = await post({ query: PRODUCTS });
      expect({ status: answer.status, codes: codesOf(answer) }).toEqual({
        status: 500,
        codes: ['INTERNAL_SERVER_ERROR'],
      });
      expect(answer.text).not.toMatch(/hidden|relation|prisma|stack/i);
    } finally {
      await store.sql('ALTER TABLE hidden RENAME TO products');
    }
  });
});

describe('a request has a name', () => {
  test.each(['f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'a.b:c/d+e=f_g'])('of its own, as %s', async (id) => {
    const answer = await post({ query: '{' }, { 'x-request-id': id });
    expect(answer.headers.get('x-request-id')).toBe(id);
    expect(answer.body.errors![0]!.extensions.requestId).toBe(id);
  });

  test.each(['a b', 'a"b', 'x'.repeat(129), '<b>'])('of ours when that is like %s', async (id) => {
    const answer = await post({ query: '{' }, { 'x-request-id': id });
    const given = answer.headers.get('x-request-id');
    expect(given).toMatch(/^[\w-]{8,30}$/);
    expect(answer.body.errors![0]!.extensions.requestId).toBe(given);
  });
});

/** Reads a stream until so many events have come, or to its end. */
async function events(response: Response, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split('event: next\n').length > most && text.endsWith('\n\n')) break;
  }
  return text.split('\n\n').filter((event) => event !== '' && event !== ':');
}

describe('a subscription is a stream', () => {
  const PROGRESS = `subscription Follow($id: ID!, $after: Int, $all: Boolean = true) {
    told: orderProgress(orderId: $id, afterVersion: $after) { ...E order @include(if: $all) { version number } } }
    fragment E on OrderEvent { version type }`;
  const stream = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${store.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify(body),
    });
  const progress = (variables: object = {}) => ({ query: PROGRESS, variables: { id: order.id, ...variables } });

  test('of a whole history, with its end, that no proxy may hold back', async () => {
    const response = await stream(progress({ after: 0 }));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    const told = await events(response);
    expect(told).toHaveLength(7);
    expect(told[0]).toMatch(
      /^event: next\ndata: \{"data":\{"told":\{"version":1,"type":"CREATED","order":\{"version":6,/,
    );
    expect(told.at(-1)).toBe('event: complete\ndata:');
  });

  test('of what stands after a version, or of nothing, and by what its variables say', async () => {
    expect(await events(await stream(progress({ after: 4 })))).toHaveLength(3);
    expect(await events(await stream(progress({ after: 6 })))).toEqual(['event: complete\ndata:']);
    const [first] = await events(await stream(progress({ after: 5, all: false })));
    expect(first).toBe(
      'event: next\ndata: {"data":{"told":{"version":6,"type":"DISPATCHED"}},"extensions":{"cost":6}}',
    );
  });

  test('also for an address, and for whoever takes JSON as well', async () => {
    const query = new URLSearchParams({ query: PROGRESS, variables: JSON.stringify(progress().variables) });
    const response = await fetch(`${store.url}/graphql?${query}`, { headers: { accept: 'text/event-stream' } });
    expect(await events(response)).toHaveLength(2);
    expect(
      await events(await stream(progress(), { accept: 'application/json, text/event-stream;q=0.5' })),
    ).toHaveLength(2);
  });

  test('of products, which has no end', async () => {
    const response = await stream({ query: 'subscription { inventoryChanged { sku inventory } }' });
    expect((await events(response, 4)).map((event) => /"sku":"(\w+)"/.exec(event)?.[1])).toEqual([
      'WIDGET',
      'GADGET',
      'GIZMO',
      'SPROCKET',
    ]);
  });

  test.each<[string, object, number, string]>([
    ['an order that there is not', { query: PROGRESS, variables: { id: 'nothing' } }, 200, 'NOT_FOUND'],
    ['a variable that is missing', { query: PROGRESS, variables: {} }, 200, 'BAD_USER_INPUT'],
    ["an operators' stream", { query: 'subscription { ordersChanged { id } }' }, 401, 'UNAUTHENTICATED'],
    [
      'two fields',
      { query: 'subscription { a: inventoryChanged { sku } b: inventoryChanged { sku } }' },
      200,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['no field', { query: 'subscription { __typename }' }, 200, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a field that is skipped',
      { query: 'subscription { inventoryChanged @skip(if: true) { sku } }' },
      400,
      'BAD_REQUEST',
    ],
    ['a document that is none', { query: 'subscription {' }, 200, 'GRAPHQL_PARSE_FAILED'],
  ])('that is refused: %s', async (_what, body, status, code) => {
    const response = await stream(body);
    const told = await events(response);
    expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({
      status,
      type: 'text/event-stream',
    });
    expect(told).toEqual([expect.stringContaining(`"code":"${code}"`), 'event: complete\ndata:']);
  });

  test('and nothing else: who takes only JSON is told so', async () => {
    const answer = await post(progress());
    expect(answer.status).toBe(200);
    const refused = await post(progress(), { accept: 'application/json' });
    expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 406, codes: ['NOT_ACCEPTABLE'] });
  });

  test('whose error, within an event or before one, is told and is its end', async () => {
    const query =
      'subscription ($id: ID!) { orderProgress(orderId: $id, afterVersion: 5) { version order { lines { sku } } } }';
    await store.sql('ALTER TABLE order_lines RENAME TO hidden');
    try {
      const told = await events(await stream({ query, variables: { id: order.id } }));
      expect(told[0]).toContain('"Unexpected error."');
    } finally {
      await store.sql('ALTER TABLE hidden RENAME TO order_lines');
    }
    await store.sql('ALTER TABLE order_events RENAME TO hidden');
    try {
      const told = await events(await stream(progress({ after: 0 })));
      expect(told).toEqual([expect.stringContaining('"Unexpected error."'), 'event: complete\ndata:']);
    } finally {
      await store.sql('ALTER TABLE hidden RENAME TO order_events');
    }
  });
});
