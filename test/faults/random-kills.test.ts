import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import { startServer } from '../support/store.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';
import { expectAsTold, Log, randomOf, sendShoppers } from './shoppers.ts';

const SHOPPERS = 24;
const CRASHES = 12;
const env = { DISPATCH_STEPS: '3', DISPATCH_STEP_MS: '50', PAYMENT_WINDOW_SECONDS: '3' };

/** Set FAULT_SEED to repeat a run: what shoppers do, and when servers are killed, is drawn from it. */
function draw() {
  const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`The seed is ${seed}.`);
  return randomOf(seed);
}

test(`${SHOPPERS} shoppers notice nothing of ${CRASHES} crashes`, { timeout: 180_000 }, async () => {
  const random = draw();
  const store = await startServer({ env });
  const client = patientClientOf(store.url);
  const log = new Log();
  const close = sendShoppers('shopper', SHOPPERS, client, random, log);
  for (let crash = 1; crash <= CRASHES; crash++) {
    const answers = log.answers + 5 + Math.floor(random() * 60);
    await eventually('more answers', () => log.answers >= answers);
    await store.kill('SIGKILL');
    expect(await checkInvariants(store.databaseUrl)).toEqual([]);
    await store.restart();
  }
  await close();
  await comesToRest(store.databaseUrl);
  await expectAsTold(client, log);
  console.log(`${log.orders.size} orders, ${log.restockings.size} restockings.`);
});

test('a process finishes the orders of another that is gone for good', { timeout: 180_000 }, async () => {
  const random = draw();
  const survivor = await startServer({ env });
  const doomed = await startServer({ env, databaseUrl: survivor.databaseUrl });
  const client = patientClientOf(survivor.url, doomed.url);
  const log = new Log();
  const closeBoth = [
    sendShoppers('here', SHOPPERS / 2, client, random, log),
    sendShoppers('there', SHOPPERS / 2, patientClientOf(doomed.url, survivor.url), random, log),
  ];
  await eventually('enough answers', () => log.answers >= 100);
  await doomed.kill('SIGKILL');
  await Promise.all(closeBoth.map((close) => close()));
  await comesToRest(survivor.databaseUrl);
  await expectAsTold(client, log);
});
