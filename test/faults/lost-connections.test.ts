import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { startServer } from '../support/store.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

const EACH = 6;

test.concurrent.each(['on', 'off'])(
  'a server whose connections to the database are lost without a word goes on by new ones, with group commit %s',
  {
    timeout: 120_000,
  },
  async (GROUP_COMMIT) => {
    const database = await createDatabase();
    const proxy = await startProxy(database.url);
    const env = { GROUP_COMMIT, LEASE_SECONDS: '2', DISPATCH_STEPS: '8', DISPATCH_STEP_MS: '200' };
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
  },
);
