import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';

expectLog(/no longer owned by this execution/);

const store = useApp();

test('a report that reaches a replay of what was settled before is settled too, and is not answered by that', async () => {
  const { client, app, sql } = store;
  const { id: productId } = await client.product('WIDGET');
  const { payment } = (await client.checkout('replayed', [{ productId }])).order!;
  expect((await client.pay(payment.id, 'DECLINED')).order?.status).toBe('PENDING');
  const [before] = await sql<{ owner_xid: string }>(`
    UPDATE dbos.workflow_status SET executor_id = 'gone' WHERE status = 'PENDING' RETURNING owner_xid`);
  await sql(`INSERT INTO executors (id, started_at, released_at) VALUES ('gone', now(), now())`);
  await eventually('another execution has the workflow', async () => {
    const [row] = await sql(
      `SELECT FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = $1 AND owner_xid <> $2`,
      app.executorId,
      before!.owner_xid,
    );
    return row;
  });
  const paid = await client.pay(payment.id, 'PAID');
  expect([paid.__typename, paid.order?.payment]).toMatchObject([
    'SubmitPaymentSuccess',
    { status: 'SUCCEEDED', attempts: 2 },
  ]);
});
