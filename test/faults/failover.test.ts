import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';
import { type Replicated, startReplicated } from '../support/replicated.ts';
import { subscribe } from '../support/sse.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';
import { expectAsTold, Log, sendShoppers } from './shoppers.ts';

expectLog(/^The database cannot be reached/);

const SHOPPERS = 8;
const STEPS = 12;

const env = { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '100', PAYMENT_WINDOW_SECONDS: '2' };

let replicated: Replicated;
let store: RunningStore;
beforeEach(async () => {
  replicated = await startReplicated();
  store = await startServer({ env, databaseUrl: replicated.url });
});
afterEach(async () => {
  await store?.stop();
  await replicated?.remove();
});

/** Sends shoppers into the store, and has one order watched that is under dispatch while `disaster` strikes. */
async function shopDuring(disaster: (moreAnswers: (count: number) => Promise<void>) => Promise<void>): Promise<void> {
  const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const client = patientClientOf(store.url);
  const log = new Log();
  const { pid } = store;
  const close = sendShoppers('shopper', SHOPPERS, [client], seed, log);
  const moreAnswers = async (count: number) => {
    const answers = log.answers + count;
    await eventually('more answers', () => log.answers >= answers, 40_000);
  };
  await moreAnswers(30);

  const key = randomUUID();
  const lines = [{ productId: (await client.product('WIDGET')).id, quantity: 1 }];
  const { order } = await client.checkout(key, lines);
  log.note(key, lines, (await client.pay(order!.payment.id, 'PAID')).order!);
  const stream = await subscribe<{ orderProgress: { version: number } }>(
    store.url,
    'subscription ($orderId: ID!) { orderProgress(orderId: $orderId, afterVersion: 0) { version } }',
    { orderId: order!.id },
  );
  await eventually('the dispatch is under way', () => stream.answers.length > 3);

  await disaster(moreAnswers);

  await moreAnswers(30);
  await close();
  await stream.ended;
  expect(stream.complete).toBe(true);
  expect(stream.answers.map(({ data }) => data?.orderProgress.version)).toEqual(
    Array.from({ length: 3 + STEPS }, (_, index) => index + 1),
  );
  await comesToRest(replicated.standbyUrl);
  await expectAsTold(client, log);
  expect(store.pid).toBe(pid);
  console.log(`Seed ${seed}: ${log.orders.size} orders, ${log.answers} answers.`);
}

/** Makes the standby the primary, waits for an answer from it, and tells how long that took. */
async function failOver(moreAnswers: (count: number) => Promise<void>): Promise<void> {
  const begun = performance.now();
  await replicated.promote();
  const promoted = performance.now();
  // Those that were on their way before may still arrive.
  await moreAnswers(SHOPPERS + 1);
  const [took, waited] = [promoted - begun, performance.now() - promoted].map(Math.round);
  console.log(`Promoted in ${took} ms, answers again ${waited} ms later.`);
}

test('no acknowledged order is lost when the primary is killed and its standby promoted', {
  timeout: 240_000,
}, async () => {
  await shopDuring(async (moreAnswers) => {
    await replicated.signalPrimary('SIGKILL');
    await failOver(moreAnswers);
  });
});

test('a primary that was replaced while it was silent is left, and not gone back to', {
  timeout: 240_000,
}, async () => {
  await shopDuring(async (moreAnswers) => {
    await replicated.signalPrimary('SIGSTOP');
    await failOver(moreAnswers);
    // It still takes itself for the primary, and the new one is away for a moment.
    await replicated.signalPrimary('SIGCONT');
    await replicated.restartStandby(async () => {
      await eventually('the old primary is refused', () => store.log.includes('it is on timeline 1'));
    });
  });
});
