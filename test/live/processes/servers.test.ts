import { afterEach, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stream, subscribe } from '../../support/sse.ts';
import { type RunningStore, startServer } from '../../support/store.ts';

const STEPS = 20;
const LAST = 3 + STEPS;
const env = { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '50' };
type Progress = { orderProgress: { version: number } };

let here: RunningStore;
let there: RunningStore;
beforeAll(async () => {
  here = await startServer({ env });
  there = await startServer({ env, databaseUrl: here.databaseUrl });
});
const streams: { leave(): void }[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.leave();
});

async function watch(store: RunningStore, orderId: string, afterVersion?: number): Promise<Stream<Progress>> {
  const query = `subscription ($orderId: ID!, $afterVersion: Int) {
    orderProgress(orderId: $orderId, afterVersion: $afterVersion) { version } }`;
  const stream = await subscribe<Progress>(store.url, query, { orderId, afterVersion });
  streams.push(stream);
  return stream;
}
const versionsOf = ({ answers }: Stream<Progress>) => answers.map(({ data }) => data!.orderProgress.version);
const from = (first: number) => Array.from({ length: LAST - first + 1 }, (_, i) => first + i);

async function newOrder(store: RunningStore, key: string) {
  const client = clientOf(store.url);
  const { id: productId } = await client.product('WIDGET');
  return (await client.checkout(key, [{ productId }])).order!;
}

test('what one process does is told by another', async () => {
  const order = await newOrder(there, 'elsewhere');
  const stream = await watch(here, order.id);
  const stock = await subscribe<{ inventoryChanged: { inventory: number } }>(
    here.url,
    'subscription { inventoryChanged { inventory } }',
  );
  streams.push(stock);
  await eventually('the current stock', () => stock.answers.length === 4);
  await clientOf(there.url).pay(order.payment.id, 'PAID');
  await newOrder(there, 'another');
  await eventually('the sale', () => stock.answers.length === 5);
  await stream.ended;
  expect(stream.complete).toBe(true);
  expect(versionsOf(stream)).toEqual(from(2));
});

test('an order is paid and cancelled at another process than the one that waits for it', async () => {
  const [paid, cancelled] = [await newOrder(here, 'to pay'), await newOrder(here, 'to cancel')];
  const [answer, refusal] = await Promise.all([
    clientOf(there.url).pay(paid.payment.id, 'PAID'),
    clientOf(there.url).cancel(cancelled.id),
  ]);
  expect(answer).toMatchObject({ __typename: 'SubmitPaymentSuccess', order: { payment: { status: 'SUCCEEDED' } } });
  expect(refusal).toMatchObject({ __typename: 'CancelOrderSuccess', order: { cancelReason: 'REQUESTED' } });
});

test('a reader whose server is killed goes on at another, and at the same once it is back', async () => {
  const order = await newOrder(here, 'killed');
  const first = await watch(here, order.id, 0);
  await clientOf(here.url).pay(order.payment.id, 'PAID');
  await eventually('some progress', () => first.answers.length >= 6);
  await here.kill('SIGKILL');
  await first.ended;
  expect(first.complete).toBe(false);
  const seen = versionsOf(first);

  const second = await watch(there, order.id, seen.at(-1));
  await eventually('more progress', () => second.answers.length >= 3);
  second.leave();
  await second.ended;
  seen.push(...versionsOf(second));

  await here.restart();
  const third = await watch(here, order.id, seen.at(-1));
  await third.ended;
  expect(third.complete).toBe(true);
  expect([...seen, ...versionsOf(third)]).toEqual(from(1));
});

test('the crash button ends the process that answers, after its answer', async () => {
  const crash = await clientOf(here.url).ask<{ executorId: string; exitsAt: string }>(
    'mutation { crash { executorId exitsAt } }',
  );
  expect(crash).toEqual({ executorId: expect.stringMatching(/^exec-/), exitsAt: expect.any(String) });
  await here.gone();
  expect(await clientOf(there.url).ask('{ server { demo } }')).toEqual({ demo: true });
});
