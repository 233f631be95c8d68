import { createClient } from 'graphql-sse';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { live } from '../../server/infra/live/live.ts';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';
import { subscribe } from '../support/sse.ts';

expectLog(/the live connection failed/, /no sweep/, /changes were not announced/);

const STEPS = 20;
const store = useApp({ env: { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '20' } });
const { client } = store;
const LAST = 3 + STEPS;

const PROGRESS = `subscription ($orderId: ID!, $afterVersion: Int) {
  orderProgress(orderId: $orderId, afterVersion: $afterVersion) {
    version type status progress { done total } order { id version } } }`;
type Event = { version: number; type: string; status: string; progress: { done: number }; order: { version: number } };

const watch = (orderId: string, afterVersion?: number) =>
  subscribe<{ orderProgress: Event }>(store.url, PROGRESS, { orderId, afterVersion });
const eventsOf = ({ answers }: Awaited<ReturnType<typeof watch>>) => answers.map(({ data }) => data!.orderProgress);
const versionsOf = (stream: Awaited<ReturnType<typeof watch>>) => eventsOf(stream).map(({ version }) => version);
const from = (first: number) => Array.from({ length: LAST - first + 1 }, (_, i) => first + i);

let orders = 0;
async function newOrder() {
  const { id: productId } = await client.product('WIDGET');
  return (await client.checkout(`order ${++orders}`, [{ productId }])).order!;
}
async function dispatchedOrder() {
  const order = await newOrder();
  await client.pay(order.payment.id, 'PAID');
  return eventually('dispatched', async () => {
    const now = (await client.order(order.id))!;
    return now.status === 'DISPATCHED' && now;
  });
}
afterEach(() => vi.restoreAllMocks());

test('a reader gets the event of the current state, then each as it happens, then the end', async () => {
  const order = await newOrder();
  const stream = await watch(order.id);
  await eventually('the current state', () => stream.answers.length === 1);
  await client.pay(order.payment.id, 'DECLINED');
  await eventually('the decline', () => stream.answers.length === 2);
  await client.pay(order.payment.id, 'PAID');
  await stream.ended;
  expect(stream.complete).toBe(true);
  const events = eventsOf(stream);
  expect(events.map(({ version }) => version)).toEqual([...from(2), LAST + 1]);
  expect(events.map(({ type }) => type)).toEqual([
    'RESERVED',
    'PAYMENT_DECLINED',
    'PAID',
    ...Array.from({ length: STEPS - 1 }, () => 'PROGRESSED'),
    'DISPATCHED',
  ]);
  expect(events.at(-1)).toMatchObject({ status: 'DISPATCHED', progress: { done: STEPS, total: STEPS } });
  // The event is as its version had it; the order is as it is now.
  for (const { version, order: now } of events) expect(now.version).toBeGreaterThanOrEqual(version);
});

test('many readers of one order all get every event', async () => {
  const order = await newOrder();
  const streams = await Promise.all(Array.from({ length: 10 }, (_, i) => watch(order.id, i % 2 ? 0 : undefined)));
  await client.pay(order.payment.id, 'PAID');
  await Promise.all(streams.map(({ ended }) => ended));
  for (const [i, stream] of streams.entries()) expect(versionsOf(stream)).toEqual(from(i % 2 ? 1 : 2));
});

describe('afterVersion', () => {
  test('resumes exactly, as often as a reader comes back', async () => {
    const order = await newOrder();
    await client.pay(order.payment.id, 'PAID');
    const seen: number[] = [];
    for (let complete = false; !complete; ) {
      const stream = await watch(order.id, seen.at(-1) ?? 0);
      await eventually('some events', () => stream.answers.length >= 4 || stream.complete);
      stream.leave();
      await stream.ended;
      seen.push(...versionsOf(stream));
      ({ complete } = stream);
    }
    expect(seen).toEqual(from(1));
  });

  test('of an order that has ended gives the rest and ends', async () => {
    const { id } = await dispatchedOrder();
    for (const [afterVersion, first] of [
      [undefined, LAST],
      [0, 1],
      [-1, 1],
      [-2_147_483_648, 1],
      [10, 11],
      [LAST - 1, LAST],
      [LAST, LAST + 1],
      [2_147_483_647, LAST + 1],
    ] as const) {
      const stream = await watch(id, afterVersion);
      await stream.ended;
      expect(versionsOf(stream), String(afterVersion)).toEqual(from(first));
      expect(stream.complete).toBe(true);
    }
  });
});

test('a refund is told to whoever asks after the cancellation', async () => {
  const order = await newOrder();
  await client.cancel(order.id);
  await client.pay(order.payment.id, 'PAID');
  const stream = await watch(order.id, 3);
  await stream.ended;
  expect(eventsOf(stream)).toMatchObject([{ version: 4, type: 'REFUNDED', status: 'CANCELLED' }]);
});

test('an order that there is not is an error', async () => {
  const unknown = Buffer.from('Order:00000000-0000-0000-0000-000000000000').toString('base64');
  const { id: product } = await client.product('WIDGET');
  for (const id of [unknown, product, '', '\0', 'garbage']) {
    const stream = await watch(id);
    await stream.ended;
    expect(stream.answers).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
  }
});

test('the loss of the live connection loses no event and doubles none', async () => {
  const order = await newOrder();
  const stream = await watch(order.id);
  await client.pay(order.payment.id, 'PAID');
  for (const count of [3, 8, 13]) {
    await eventually('some events', () => stream.answers.length >= count);
    await store.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'checkout-live'`);
  }
  await stream.ended;
  expect(versionsOf(stream)).toEqual(from(2));
});

test('a reader that leaves is watched for no more', async () => {
  const watches = vi.spyOn(live, 'watch');
  const order = await newOrder();
  const streams = await Promise.all([watch(order.id), watch(order.id, 2)]);
  await eventually('the current state', () => streams[0]!.answers.length === 1);
  const own = watches.mock.results
    .map(({ value }) => value as ReturnType<typeof live.watch>)
    .filter(({ topics, closed }) => !closed && [...topics].some((topic) => topic.startsWith('order:')));
  expect(own).toHaveLength(2);
  for (const stream of streams) stream.leave();
  await eventually('no watch', () => own.every(({ closed }) => closed));
});

test('the client library for GraphQL over server-sent events reads it too', async () => {
  const { id } = await dispatchedOrder();
  const reader = createClient({ url: `${store.url}/graphql` });
  const versions: number[] = [];
  for await (const { data } of reader.iterate<{ orderProgress: Event }>({
    query: PROGRESS,
    variables: { orderId: id, afterVersion: 0 },
  }))
    versions.push(data!.orderProgress.version);
  reader.dispose();
  expect(versions).toEqual(from(1));
});
