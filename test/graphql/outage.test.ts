import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { keyOf } from '../support/keys.ts';
import { expectLog } from '../support/log.ts';

expectLog(/connection failed/, /the database is away/, /trying again/, /no sweep/);

/** A read may take so long that only the database's silence can be why it is answered earlier. */
const store = useApp({ proxied: true, env: { LIMIT_QUERY_SECONDS: '100', LIMIT_MUTATION_SECONDS: '2' } });
const CHECKOUT = `mutation ($input: CheckoutInput!) { checkout(input: $input) {
  __typename ... on CheckoutSuccess { replayed order { id } } } }`;

let productId: string;
beforeAll(async () => {
  productId = (await store.client.product('WIDGET')).id;
});
afterEach(async () => {
  store.proxy.heal();
  await eventually('all is well again', async () => (await fetch(`${store.url}/readyz`)).ok);
});

const send = async (query: string, variables: object = {}) => {
  const response = await fetch(`${store.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data: unknown; errors?: { extensions: Record<string, unknown> }[] };
  return { status: response.status, after: response.headers.get('retry-after'), ...body };
};
const checkOut = (name: string) =>
  send(CHECKOUT, { input: { idempotencyKey: keyOf(name), lines: [{ productId, quantity: 1 }] } });

describe('while the database answers nothing', () => {
  test('a read says so, long before its time is over', async () => {
    store.proxy.blackHole();
    const answer = await send('{ products { edges { node { sku inventory } } } }');
    expect(answer).toMatchObject({ status: 503, after: '1' });
    expect(answer.errors![0]!.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });

  test('a page of orders and an order do as well, and the process says that it is not ready', async () => {
    store.proxy.blackHole();
    const id = Buffer.from('Order:00000000-0000-4000-8000-000000000000').toString('base64');
    const asked = [send('{ orders { edges { cursor } } }'), send(`{ order(id: "${id}") { number } }`)];
    for (const answer of await Promise.all(asked)) expect(answer.status).toBe(503);
    expect((await fetch(`${store.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${store.url}/livez`)).status).toBe(200);
  });

  test('a checkout keeps its promise: it says that it goes on, and with the same key it is that order', async () => {
    store.proxy.blackHole();
    const answer = await checkOut('through an outage');
    expect(answer).toMatchObject({ status: 503, after: '1' });
    expect(answer.errors![0]!.extensions).toMatchObject({ code: 'STILL_WORKING', retryable: true });
    store.proxy.heal();
    const placed = await eventually('an answer', async () => {
      const { data, errors } = await checkOut('through an outage');
      return !errors && data;
    });
    expect(placed).toMatchObject({ checkout: { __typename: 'CheckoutSuccess' } });
    const orders = await store.sql('SELECT FROM orders');
    expect(orders).toHaveLength(1);
  });
});

test('while the database refuses connections, a read says that it is away', async () => {
  store.proxy.blackHole();
  store.proxy.reset();
  const answer = await send('{ products { edges { node { sku } } } }');
  expect(answer.status).toBe(503);
  expect(answer.errors![0]!.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});

test('a table that somebody locks makes nobody believe that the database is away', async () => {
  await store.sql('BEGIN');
  await store.sql('LOCK products, orders');
  const reads = Array.from({ length: 12 }, () => send('{ products { edges { node { sku } } } }'));
  await eventually('the reads wait', async () => {
    // What a transaction has seen of the sessions it would see again.
    await store.sql('SELECT pg_stat_clear_snapshot()');
    const [row] = await store.sql<{ waiting: boolean }>(
      `SELECT count(*) >= 10 AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row!.waiting;
  });
  for (let look = 0; look < 5; look++) expect((await fetch(`${store.url}/readyz`)).status).toBe(200);
  // Asks the database whether it is there, as reads do that have waited for a while.
  const late = await Promise.race([Promise.all(reads), eventually('they have waited', waitedFor(1_500))]);
  expect(late).not.toBeInstanceOf(Array);
  await store.sql('COMMIT');
  for (const { status } of await Promise.all(reads)) expect(status).toBe(200);
});

function waitedFor(ms: number) {
  const since = performance.now();
  return () => performance.now() - since > ms;
}
