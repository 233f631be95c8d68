import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../server/infra/postgres.ts';
import type { OrderData } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { subscribe } from '../support/sse.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

const STEPS = 40;
let dataDir: string;
let postgres: Postgres;
let store: RunningStore;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'checkout-restart-'));
  // Another account has to enter when this one is root, since PostgreSQL refuses to run as root.
  await chmod(dataDir, 0o755);
  postgres = await startPostgres({ dataDir, initialSync: false });
  const env = { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '100' };
  store = await startServer({ env, databaseUrl: postgres.url });
});
afterAll(async () => {
  await store?.stop();
  await postgres?.stop('immediate');
  await rm(dataDir, { recursive: true, force: true });
});

test('the store goes on when PostgreSQL is stopped at once and started again', { timeout: 120_000 }, async () => {
  const client = patientClientOf(store.url);
  const { id: productId } = await client.product('WIDGET');
  const keys = Array.from({ length: 20 }, () => randomUUID());
  const buy = async (key: string) => (await client.checkout(key, [{ productId }])).order!;
  const orders = await Promise.all(keys.map(buy));
  const [watched, ...others] = orders;
  const { pid } = store;
  type Event = { orderProgress: { version: number; type: string } };
  const stream = await subscribe<Event>(
    store.url,
    'subscription ($orderId: ID!) { orderProgress(orderId: $orderId, afterVersion: 0) { version type } }',
    { orderId: watched!.id },
  );
  await client.pay(watched!.payment.id, 'PAID');
  await Promise.all(others.slice(0, 10).map(({ payment }) => client.pay(payment.id, 'PAID')));

  const unpaid: OrderData[] = [];
  for (let round = 1; round <= 2; round++) {
    const told = stream.answers.length;
    await eventually('the dispatch is under way', () => stream.answers.length > told + 3);
    await postgres.stop('immediate');
    const asked = [buy(randomUUID()), client.pay(others[10 + round]!.payment.id, 'PAID')] as const;
    postgres = await startPostgres({ dataDir, port: Number(new URL(store.databaseUrl).port) });
    const [bought] = await Promise.all(asked);
    unpaid.push(bought);
  }
  for (const key of keys) await client.pay((await buy(key)).payment.id, 'PAID');
  await stream.ended;
  expect(stream.complete).toBe(true);
  expect(stream.answers.map(({ data }) => data?.orderProgress.version)).toEqual(
    Array.from({ length: 3 + STEPS }, (_, index) => index + 1),
  );
  expect(store.pid).toBe(pid);

  for (const { id } of unpaid) await client.cancel(id);
  await comesToRest(store.databaseUrl, 60_000);
  expect((await client.product('WIDGET')).inventory).toBe(80);
});
