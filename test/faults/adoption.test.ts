import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { workflowOf } from '../support/keys.ts';
import { expectLog } from '../support/log.ts';
import { startServer } from '../support/store.ts';
import { ask, holdings, owners } from './lease-rows.ts';
import { comesToRest } from './rest.ts';

expectLog(/taken up again and again/);

const STEPS = 8;
const ORDERS = 40;
const env = { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '200' };

test('the living share the orders of one that is gone, and one that is told to stop hands its own over', {
  timeout: 240_000,
}, async () => {
  const doomed = await startServer({ env });
  const { databaseUrl } = doomed;
  const living = await Promise.all([startServer({ env, databaseUrl }), startServer({ env, databaseUrl })]);
  const [first, last] = living.map(({ url }) => clientOf(url)) as [
    ReturnType<typeof clientOf>,
    ReturnType<typeof clientOf>,
  ];
  const client = clientOf(doomed.url);
  const { id: productId, inventory } = await client.product('WIDGET');
  const keys = Array.from({ length: ORDERS }, () => randomUUID());
  const buy = async (key: string) => (await client.checkout(key, [{ productId }])).order!;
  const orders = await Promise.all(keys.map(buy));
  const [paid, waiting] = [orders.slice(0, ORDERS / 2), orders.slice(ORDERS / 2)];
  await Promise.all(paid.map(({ payment }) => client.pay(payment.id, 'PAID')));
  // Its processes have crashed in a loop: by default the engine would give it up.
  await ask(databaseUrl, 'UPDATE dbos.workflow_status SET recovery_attempts = 999 WHERE workflow_uuid = $1', [
    workflowOf(keys.at(-1)!),
  ]);
  await doomed.kill('SIGKILL');

  const ids = await Promise.all(
    [first, last].map((peer) => peer.ask<{ executorId: string }>('{ server { executorId } }')),
  ).then((servers) => servers.map(({ executorId }) => executorId));
  const shares = await eventually('the living have taken over all that was not finished', async () => {
    const all = await owners(databaseUrl);
    return (
      all.every(({ executor, finished }) => finished || ids.includes(executor)) &&
      all.filter(({ executor }) => ids.includes(executor))
    );
  });
  expect(shares.length).toBeGreaterThanOrEqual(waiting.length);
  for (const id of ids)
    expect(shares.filter(({ executor }) => executor === id).length).toBeGreaterThanOrEqual(shares.length / 10);
  expect(shares.filter(({ attempts }) => attempts !== 2).map(({ attempts }) => attempts)).toEqual([1000]);
  const alarms = living.map(({ log }) => log.match(/taken up again and again/g)?.length ?? 0);
  expect(alarms.toSorted()).toEqual([0, 1]);

  await Promise.all(waiting.slice(0, 10).map(({ payment }) => first.pay(payment.id, 'PAID')));
  await living[0]!.kill('SIGTERM');
  await eventually('the last has taken everything over', async () => {
    const held = await holdings(databaseUrl);
    return held.length > 0 && held.every(({ executor }) => executor === ids[1]);
  });
  await Promise.all(waiting.slice(10).map(({ payment }) => last.pay(payment.id, 'PAID')));
  await comesToRest(databaseUrl);
  for (const { id } of orders) {
    const { status, events } = (await last.order(id))!;
    expect([status, events.length]).toEqual(['DISPATCHED', 3 + STEPS]);
  }
  expect((await last.product('WIDGET')).inventory).toBe(inventory - ORDERS);
});
