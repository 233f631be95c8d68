import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

let store: RunningStore;
beforeAll(async () => {
  store = await startServer({ env: { DISPATCH_STEPS: '60', DISPATCH_STEP_MS: '100' } });
});

/** What went wrong for good, if anything did. */
async function failures(): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: store.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(`
      SELECT workflow_uuid AS workflow, status AS error FROM dbos.workflow_status
      WHERE status NOT IN ('PENDING', 'SUCCESS') AND schedule_name IS NULL
      UNION ALL SELECT workflow_uuid, error FROM dbos.operation_outputs WHERE error IS NOT NULL`);
    return rows;
  } finally {
    await client.end();
  }
}

test('a server that is told to stop leaves its work as it is, and the next one goes on with it', {
  timeout: 240_000,
}, async () => {
  const client = patientClientOf(store.url);
  const { id: productId } = await client.product('WIDGET');
  const buy = async () => (await client.checkout(randomUUID(), [{ productId }])).order!;
  const orders = await Promise.all(Array.from({ length: 40 }, buy));
  const waiting = orders.slice(0, 10);
  await Promise.all(orders.slice(10).map(({ payment }) => client.pay(payment.id, 'PAID')));

  for (let round = 1; round <= 3; round++) {
    const progress = async () => (await client.order(orders[10]!.id))!.progress.done;
    const before = await progress();
    await eventually('the dispatch is under way', async () => (await progress()) > before + 3);
    await store.kill('SIGTERM');
    expect(await store.gone(), store.log).toBe(0);
    expect(await failures()).toEqual([]);
    await store.restart();
  }

  await Promise.all(waiting.map(({ payment }) => client.pay(payment.id, 'PAID')));
  await comesToRest(store.databaseUrl);
  for (const { id } of orders) expect((await client.order(id))?.status).toBe('DISPATCHED');
});

test('a server ends by itself also when the database does not answer', async () => {
  const proxy = await startProxy(store.databaseUrl);
  const unlucky = await startServer({ databaseUrl: proxy.url, env: { DISPATCH_STEPS: '1' } });
  const client = patientClientOf(unlucky.url);
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout(randomUUID(), [{ productId }]);
  proxy.blackHole();
  await unlucky.kill('SIGTERM');
  // It may have given up what waited longest, or all of it.
  expect([0, 1], unlucky.log).toContain(await unlucky.gone());
  await proxy.close();
  await patientClientOf(store.url).pay(order!.payment.id, 'PAID');
  await comesToRest(store.databaseUrl);
});
