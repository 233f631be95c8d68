import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Payloads } from '../../server/graphql/payloads.ts';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { subscribe } from '../support/sse.ts';

const store = useApp({ env: { NODE_ENV: 'production' } });
const operators = () => store.clientWith();
const BEARER = { authorization: 'Bearer token-for-operators' };
const COMPARED = [
  'content-type',
  'cache-control',
  'connection',
  'content-encoding',
  'transfer-encoding',
  'x-powered-by',
];
const SECURITY = ['strict-transport-security', 'x-content-type-options', 'access-control-allow-origin'];

type Params = { query?: string; variables?: unknown; operationName?: string; extensions?: unknown };
type Seen = { status: number; headers: Record<string, string | null>; body: string };

/** Reads an answer to its end, or until so many events have come. Pings after the first come by the clock. */
async function read(target: string, init: RequestInit, events: number): Promise<Seen & { byYoga: boolean }> {
  const abort = new AbortController();
  const response = await fetch(store.url + target, { ...init, signal: abort.signal });
  let body = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    body += decoder.decode(chunk, { stream: true });
    if (body.split('event: next\n').length > events && body.endsWith('\n\n')) break;
  }
  abort.abort();
  const headers = Object.fromEntries([...COMPARED, ...SECURITY].map((name) => [name, response.headers.get(name)]));
  return {
    status: response.status,
    headers,
    body: body.replaceAll(/(?<=\n\n):\n\n/g, ''),
    byYoga: response.headers.has('content-security-policy'),
  };
}

const targetOf = (given: Params) =>
  `/graphql?${new URLSearchParams(Object.entries(given).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]))}`;

type Expected = { events?: number; headers?: Record<string, string>; yoga?: boolean };

/** Asks by the lane and by Yoga alone, posting and getting: a parameter of no meaning in the address is none of the lane's. */
async function expectSame(given: Params, { events = 1000, headers = {}, yoga = false }: Expected = {}): Promise<Seen> {
  const accept = { accept: 'text/event-stream', ...headers };
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...accept },
    body: JSON.stringify(given),
  };
  const get = { headers: accept };
  const seen: Seen[] = [];
  for (const [target, init] of [
    ['/graphql', post],
    [targetOf(given), get],
  ] as const) {
    const { byYoga, ...lane } = await read(target, init, events);
    const { byYoga: _, ...alone } = await read(`${target}${target.includes('?') ? '&' : '?'}x=1`, init, events);
    expect(byYoga).toBe(yoga);
    expect(lane).toEqual(alone);
    seen.push(lane);
  }
  return seen[0]!;
}

let orderId: string;
let openOrder: { id: string; payment: { id: string } };
beforeAll(async () => {
  const client = operators();
  const productId = (await client.product('WIDGET')).id;
  openOrder = (await client.checkout('stays open', [{ productId }])).order!;
  const { order } = await client.checkout('an order', [{ productId }]);
  orderId = order!.id;
  await client.pay(order!.payment.id, 'PAID');
  await eventually('dispatched', async () => (await client.order(orderId))?.status === 'DISPATCHED');
});
afterEach(() => vi.restoreAllMocks());

const PROGRESS = `subscription Follow($id: ID!, $after: Int, $all: Boolean = true) {
  told: orderProgress(orderId: $id, afterVersion: $after) { ...E order @include(if: $all) { id version number } } }
  fragment E on OrderEvent { version type at status progress { done total } }`;
const progress = (after?: number) => ({ query: PROGRESS, variables: { id: orderId, after } });

describe('byte by byte the stream is the same by the lane as by Yoga', () => {
  test('of a whole history, with its end', async () => {
    const { body } = await expectSame(progress(0));
    expect(body.match(/^data: \{"data":\{"told":\{"version":\d/gm)).toHaveLength(6);
    expect(body.endsWith('event: complete\ndata:\n\n')).toBe(true);
  });

  test('of what stands after a version, and of nothing', async () => {
    for (const after of [undefined, 4, 6, 1000]) await expectSame(progress(after));
  });

  test.each<[string, Params]>([
    ['the name of the operation', { ...progress(), operationName: 'Follow' }],
    ['a variable within', { query: PROGRESS, variables: { id: '', all: false } }],
  ])('with %s', async (_what, given) => {
    const variables = { ...(given.variables as object), id: orderId };
    const { body } = await expectSame({ ...given, variables });
    expect(body.includes('"number"')).toBe(!('all' in variables));
  });

  test('of products, and of what has an end only in its reader', async () => {
    const { body } = await expectSame({ query: 'subscription { inventoryChanged { sku inventory } }' }, { events: 4 });
    expect(body).toContain('"sku":"SPROCKET"');
  });

  test('when something goes wrong within an event', async () => {
    await store.sql('ALTER TABLE order_lines RENAME TO hidden');
    const query = `subscription ($id: ID!) { orderProgress(orderId: $id, afterVersion: 5) { version order { lines { sku } } } }`;
    try {
      const { body } = await expectSame({ query, variables: { id: orderId } });
      expect(body).toContain('Unexpected error.');
    } finally {
      await store.sql('ALTER TABLE hidden RENAME TO order_lines');
    }
  });

  test('when no event can be read', async () => {
    await store.sql('ALTER TABLE order_events RENAME TO hidden');
    try {
      const { body } = await expectSame(progress(0));
      expect(body).toContain('Unexpected error.');
    } finally {
      await store.sql('ALTER TABLE hidden RENAME TO order_events');
    }
  });
});

describe('Yoga answers', () => {
  const STOCK = 'subscription Stock { inventoryChanged { sku } }';
  test.each<[string, Params, Expected?]>([
    ['an order that there is not', { query: PROGRESS, variables: { id: 'nothing' } }],
    ['a variable that is missing', { query: PROGRESS, variables: {} }],
    ['a variable of a wrong type', { query: PROGRESS, variables: { id: {}, after: 'x' } }],
    ['variables that are a list', { query: PROGRESS, variables: [] }],
    ["an operators' stream", { query: 'subscription { ordersChanged { id } }' }],
    ['the name of another operation', { query: STOCK, operationName: 'Other' }],
    ['extensions', { query: STOCK, extensions: { a: 1 } }, { events: 4 }],
    ['two operations', { query: `${STOCK} query B { __typename }`, operationName: 'Stock' }, { events: 4 }],
    ['two fields', { query: 'subscription { a: inventoryChanged { sku } b: inventoryChanged { sku } }' }],
    ['a query', { query: '{ __typename }' }],
    ['a document that is none', { query: 'subscription {' }],
    ['no document', {}],
  ])('%s', async (_what, given, expected) => {
    await expectSame(given, { ...expected, yoga: true });
  });

  test.each(['*/*', 'application/json', 'text/event-stream, application/json', 'text/event-stream;q=1', 'text/html'])(
    'what is asked for as %s',
    async (accept) => {
      await expectSame(progress(), { headers: { accept }, yoga: true });
    },
  );

  test('variables in an address that are no JSON', async () => {
    const target = `${targetOf({ query: PROGRESS })}&variables={`;
    const init = { headers: { accept: 'text/event-stream' } };
    expect(await read(target, init, 1)).toEqual(await read(`${target}&x=1`, init, 1));
  });
});

/** Opens streams of the order that stays open, one for each of the given headers and versions. */
async function openStreams(readers: readonly { headers?: Record<string, string>; after: number }[]) {
  const query = PROGRESS.replace('order @include(if: $all) { id version number }', 'again: version @include(if: $all)');
  return Promise.all(
    readers.map(({ headers, after }) => subscribe(store.url, query, { id: openOrder.id, after }, headers)),
  );
}

test('readers who are told the same share its execution, unless they differ in their rights', async () => {
  const readers = [...Array.from({ length: 20 }, (_, i) => ({ after: i % 2 })), { after: 0, headers: BEARER }];
  const streams = await openStreams(readers);
  await eventually('the current state', () =>
    streams.every(({ answers }, i) => answers.length === 2 - readers[i]!.after),
  );
  const told = vi.spyOn(Payloads.prototype, 'of');
  await operators().pay(openOrder.payment.id, 'DECLINED');
  await eventually('the decline', () => streams.every(({ answers }, i) => answers.length === 3 - readers[i]!.after));
  for (const stream of streams) stream.leave();
  expect(told).toHaveBeenCalledTimes(readers.length);
  expect(new Set(told.mock.results.map(({ value }) => value)).size).toBe(2);
});
