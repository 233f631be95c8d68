import { expect, test } from 'vitest';
import { live } from '../../server/infra/live/live.ts';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { type Stream, subscribe } from '../support/sse.ts';

const store = useApp();
const { client } = store;
type Changed = { ordersChanged: { id: string; version: number; status: string } };

const watch = () => subscribe<Changed>(store.url, 'subscription { ordersChanged { id version status } }');
const ordersOf = ({ answers }: Stream<Changed>) => answers.map(({ data }) => data!.ordersChanged);

async function newOrder(key: string) {
  const { id: productId } = await client.product('WIDGET');
  return (await client.checkout(key, [{ productId }])).order!;
}

/** Waits until a reader hears of changes: nothing tells when a stream without a first state has begun. */
async function begun(stream: Stream<Changed>): Promise<void> {
  let attempts = 0;
  await eventually('the first change', async () => {
    await newOrder(`first ${attempts++} ${crypto.randomUUID()}`);
    return stream.answers.length > 0;
  });
}

test('a reader gets the newest state of any order that changes', async () => {
  const stream = await watch();
  await begun(stream);
  const [first, second] = [await newOrder('one'), await newOrder('two')];
  await client.cancel(first.id);
  await client.pay(second.payment.id, 'PAID');
  const last = (id: string) => ordersOf(stream).findLast((order) => order.id === id);
  await eventually('the cancellation', () => last(first.id)?.status === 'CANCELLED');
  await eventually('the dispatch', () => last(second.id)?.status === 'DISPATCHED');
  stream.leave();
  for (const id of [first.id, second.id]) {
    const versions = ordersOf(stream)
      .filter((order) => order.id === id)
      .map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  }
});

test('each of many orders that change at once is told at last as it has become', async () => {
  const stream = await watch();
  await begun(stream);
  const orders = await Promise.all(Array.from({ length: 30 }, (_, i) => newOrder(`many ${i}`)));
  await Promise.all(orders.map(({ id }) => client.cancel(id)));
  await eventually('all', () => {
    const newest = new Map(ordersOf(stream).map((order) => [order.id, order]));
    return orders.every(({ id }) => newest.get(id)?.status === 'CANCELLED');
  });
  stream.leave();
});

test('a reader that missed more than is remembered is told so', async () => {
  const stream = await watch();
  await begun(stream);
  const topics = Array.from({ length: 10_001 }, () => `order:${crypto.randomUUID()}` as const);
  live.announce(topics.map((topic) => ({ topic, version: 1 })));
  await stream.ended;
  expect(stream.answers.at(-1)?.errors).toMatchObject([{ extensions: { code: 'FELL_BEHIND' } }]);
});
