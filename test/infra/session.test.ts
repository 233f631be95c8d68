import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { subscribe } from '../support/sse.ts';

const store = useApp({
  settings: {
    timezone: "'America/New_York'",
    datestyle: "'German'",
    search_path: "'elsewhere'",
    intervalstyle: "'sql_standard'",
  },
});

const MOMENTS = 'id createdAt payBy events { at }';
type Moments = { id: string; createdAt: string; payBy: string; events: { at: string }[] };

test('the moments of an order are the same wherever they are told, however the database is set', async () => {
  const { client } = store;
  const { id: productId } = await client.product('WIDGET');
  const began = Date.now();
  const { order } = await client.checkout('in New York', [{ productId }]);
  const { payBy, createdAt } = order!;
  expect(Math.abs(Date.parse(createdAt) - began)).toBeLessThan(60_000);
  expect(Date.parse(payBy) - Date.parse(createdAt)).toBe(600_000);

  const told: Moments = { id: order!.id, createdAt, payBy, events: order!.events.map(({ at }) => ({ at })) };
  expect(await client.ask(`query ($id: ID!) { order(id: $id) { ${MOMENTS} } }`, { id: order!.id })).toEqual(told);
  expect(await client.ask(`{ orders { edges { node { ${MOMENTS} } } } }`)).toEqual({ edges: [{ node: told }] });
  expect(await client.checkout('in New York', [{ productId }])).toMatchObject({ order: { payBy, createdAt } });
  const stream = await subscribe<{ orderProgress: { at: string; order: Moments } }>(
    store.url,
    `subscription ($id: ID!) { orderProgress(orderId: $id, afterVersion: 0) { at order { ${MOMENTS} } } }`,
    { id: order!.id },
  );
  await eventually('the events', () => stream.answers.length === 2);
  stream.leave();
  expect(stream.answers.map(({ data }) => data!.orderProgress)).toEqual(
    told.events.map(({ at }) => ({ at, order: told })),
  );
});
