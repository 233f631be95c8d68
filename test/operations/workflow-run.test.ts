import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const store = useApp();
const { client } = store;

type Run = {
  id: string;
  status: string;
  executorId: string;
  attempts: number;
  steps: { name: string; startedAt: string | null; completedAt: string | null; error: string | null }[];
};
const runOf = async (id: string) => {
  const query = `query ($id: ID!) { order(id: $id) { workflow { id status executorId attempts
    steps { name startedAt completedAt error } } } }`;
  return (await client.ask<{ workflow: Run }>(query, { id })).workflow;
};

test('operators see what the durable engine recorded of an order', async () => {
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout('seen', [{ productId }]);
  const executorId = store.app.executorId;
  expect(await runOf(order!.id)).toMatchObject({ status: 'PENDING', executorId, steps: [{ name: 'placeOrder' }] });

  await client.pay(order!.payment.id, 'PAID');
  const run = await eventually('finished', async () => {
    const now = await runOf(order!.id);
    return now.status === 'SUCCESS' && now;
  });
  expect(run).toMatchObject({ executorId, attempts: 1 });
  expect(run.steps.map(({ name }) => name)).toEqual([
    'placeOrder',
    'settleOrder',
    'advanceDispatch',
    'advanceDispatch',
    'advanceDispatch',
  ]);
  for (const step of run.steps) {
    expect(step).toMatchObject({ startedAt: expect.any(String), completedAt: expect.any(String), error: null });
    expect(Date.parse(step.completedAt!)).toBeGreaterThanOrEqual(Date.parse(step.startedAt!));
  }
});

test('the process that answers tells its name', async () => {
  const server = await client.ask<{ executorId: string; startedAt: string; demo: boolean }>(
    '{ server { executorId startedAt demo } }',
  );
  expect(server).toEqual({ executorId: store.app.executorId, startedAt: expect.stringMatching(/Z$/), demo: true });
});
