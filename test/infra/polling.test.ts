import { DBOS } from '@dbos-inc/dbos-sdk';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';
import { workflowTimeoutConfig } from '@dbos-inc/dbos-sdk/internal/workflow_management';
import pg from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { workflowOf } from '../support/keys.ts';
import { expectLog } from '../support/log.ts';

expectLog(/no longer owned by this execution/);

// As the engine has them, before the store starts it.
const known = { ...workflowTimeoutConfig, ...wfQueueRunner.constructor };

const store = useApp();
afterEach(() => vi.restoreAllMocks());

const SWEEPS = 3;
const MOST_BETWEEN_SWEEPS = 4;

test('the engine still has the intervals that are lengthened', () => {
  expect(known).toMatchObject({ pollingIntervalMs: 1000, reconcileIntervalMs: 1000, transitionIntervalMs: 1000 });
});

test('an idle server asks the database little between two sweeps for lost notifications, which are a second apart', async () => {
  const statements: string[] = [];
  const query = pg.Client.prototype.query;
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const [config] = args as [string | { text: string; name?: string }];
    statements.push(typeof config === 'string' ? config : (config.name ?? config.text));
    return Reflect.apply(query, this, args);
  } as typeof query);
  const sweeps = () => statements.filter((statement) => statement === 'sweep').length;
  await eventually('sweeps', () => sweeps() > SWEEPS);
  expect(statements.length - sweeps(), statements.join('\n')).toBeLessThanOrEqual(SWEEPS * MOST_BETWEEN_SWEEPS);
});

test('workflows that are resumed or forked are run', async () => {
  const { client } = store;
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout('resumed', [{ productId }]);
  const id = workflowOf('resumed');
  await DBOS.cancelWorkflow(id);
  await DBOS.resumeWorkflow(id);
  await eventually('resumed', async () => (await DBOS.getWorkflowStatus(id))?.status === 'PENDING');
  await client.pay(order!.payment.id, 'PAID');
  await eventually('dispatched', async () => (await client.order(order!.id))!.status === 'DISPATCHED');
  await eventually('ended', async () => (await DBOS.getWorkflowStatus(id))?.status === 'SUCCESS');
  const fork = await DBOS.forkWorkflow(id, 1);
  await eventually('the fork has ended', async () => (await fork.getStatus())?.status === 'SUCCESS');
});
