import { beforeAll, expect, test } from 'vitest';
import { PRODUCTION, useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';

// Orders that are locked are tried again, and again.
expectLog(/trying again/);

const store = useApp({
  env: { ...PRODUCTION, TRUST_PROXY: '1', LIMIT_CLIENT_OPERATIONS: '3', LIMIT_MUTATIONS: '5' },
});

const CANCEL = 'mutation ($orderId: ID!) { cancelOrder(input: { orderId: $orderId }) { __typename } }';
const NOBODYS = 'T3JkZXI6MDAwMDAwMDAtMDAwMC04MDAwLTgwMDAtMDAwMDAwMDAwMDAw';

async function cancelFrom(address: string, orderId: string) {
  const response = await fetch(`${store.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify({ query: CANCEL, variables: { orderId } }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { cancelOrder: { __typename: string } };
    errors?: { extensions: { code: string } }[];
  };
  return {
    status: response.status,
    is: errors?.[0]?.extensions.code ?? data?.cancelOrder.__typename,
    after: response.headers.get('retry-after'),
    policy: response.headers.get('ratelimit-policy'),
  };
}

const ids: string[] = [];
beforeAll(async () => {
  const { id: productId } = await store.client.product('WIDGET');
  for (let n = 0; n < 5; n++) ids.push((await store.client.checkout(`order ${n}`, [{ productId }])).order!.id);
});

test('a client has so many changes under way and no more, and a process no more of all clients together', async () => {
  await store.sql('BEGIN');
  await store.sql('SELECT FROM orders FOR UPDATE');
  // Again where one of the requests below is in the way.
  const cancel = async (address: string, id: string) => {
    for (;;) {
      const answer = await cancelFrom(address, id);
      if (answer.status === 200) return answer;
    }
  };
  const waiting = ids.map((id, n) => cancel(n < 3 ? '192.0.2.1' : '192.0.2.2', id));
  const locked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await eventually('the changes are under way', async () => (await store.sql(locked)).length > 0);
  await eventually('no room for the client', async () => (await cancelFrom('192.0.2.1', NOBODYS)).status === 429);
  expect(await cancelFrom('192.0.2.1', NOBODYS)).toEqual({
    status: 429,
    is: 'RATE_LIMITED',
    after: '1',
    policy: '"operations";q=3',
  });
  await eventually('no room for anybody', async () => (await cancelFrom('192.0.2.3', NOBODYS)).status === 503);
  expect(await cancelFrom('192.0.2.3', NOBODYS)).toMatchObject({ status: 503, is: 'OVERLOADED', after: '1' });
  await store.sql('COMMIT');

  for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ is: 'CancelOrderSuccess' });
  expect(await cancelFrom('192.0.2.1', NOBODYS)).toMatchObject({ status: 200 });
});
