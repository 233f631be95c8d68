import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { runOn } from '../../scripts/scratch.ts';
import { createDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';
import { startProxy } from '../support/proxy.ts';
import { startServer } from '../support/store.ts';
import { owners } from './lease-rows.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

expectLog(/^The database cannot be reached/);

const EACH = 6;

test.concurrent('a server whose connections to the database are lost without a word goes on by new ones', async ({
  onTestFinished,
}) => {
  const database = await createDatabase();
  const proxy = await startProxy(database.url);
  const env = { LEASE_SECONDS: '2', DISPATCH_STEPS: '8', DISPATCH_STEP_MS: '200' };
  const server = await startServer({ env, databaseUrl: proxy.url });
  onTestFinished(async () => {
    await server.stop();
    await proxy.close();
    await database.drop();
  });
  const client = patientClientOf(server.url);
  const { id: productId } = await client.product('WIDGET');
  const buy = async () => (await client.checkout(randomUUID(), [{ productId }])).order!;
  const orders = await Promise.all(Array.from({ length: EACH }, buy));
  const pay = async ({ payment }: (typeof orders)[number]) =>
    (await client.pay(payment.id, 'PAID', payment.id)).__typename;
  await Promise.all(orders.slice(EACH / 2).map(pay));

  proxy.lose();
  const answers = await Promise.all(orders.slice(0, EACH / 2).map(pay));
  expect(answers).toEqual(answers.map(() => 'SubmitPaymentSuccess'));
  orders.push(await buy());
  await pay(orders.at(-1)!);
  await comesToRest(database.url);
  for (const { id } of orders) expect((await client.order(id))!.status).toBe('DISPATCHED');
});

test.concurrent('orders outlast a database that lets nobody in for a while', async ({ onTestFinished }) => {
  const database = await createDatabase();
  const env = { DISPATCH_STEPS: '8', DISPATCH_STEP_MS: '200', PAYMENT_WINDOW_SECONDS: '600' };
  const server = await startServer({ env, databaseUrl: database.url });
  onTestFinished(async () => {
    await server.stop();
    await database.drop();
  });
  const client = patientClientOf(server.url);
  const { id: productId } = await client.product('WIDGET');
  const buy = async () => (await client.checkout(randomUUID(), [{ productId }])).order!;
  const orders = await Promise.all(Array.from({ length: EACH }, buy));
  const pay = ({ payment }: (typeof orders)[number]) => client.pay(payment.id, 'PAID', payment.id);
  await Promise.all(orders.slice(EACH / 2).map(pay));

  const name = new URL(database.url).pathname.slice(1);
  const { serverUrl } = inject('database');
  await runOn(serverUrl, `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
  await runOn(serverUrl, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  const answers = Promise.all(orders.slice(0, EACH / 2).map(pay));
  const refused = () => server.log.split('is not currently accepting connections').length - 1;
  await eventually('dispatches and reports were refused again and again', () => refused() > 20);
  await runOn(serverUrl, `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);

  for (const { __typename } of await answers) expect(__typename).toBe('SubmitPaymentSuccess');
  await comesToRest(database.url);
  for (const { id } of orders) expect((await client.order(id))!.status).toBe('DISPATCHED');
  // None was given up meanwhile, and taken up again later.
  for (const { attempts, finished } of await owners(database.url))
    expect({ attempts, finished }).toEqual({ attempts: 1, finished: true });
});
