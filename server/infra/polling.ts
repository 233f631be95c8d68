import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';
import { workflowTimeoutConfig } from '@dbos-inc/dbos-sdk/internal/workflow_management';

/** For what the store does not use, or what may as well happen a minute later. */
export const RARELY_MS = 60_000;

/**
 * Has the engine look but once a minute for what it looks for each second, and the store does not use: workflows with a
 * deadline, delayed ones, and queues. There is no public setting for these. Call it before the engine is launched.
 */
export function pollRarely(): void {
  Object.assign(workflowTimeoutConfig, { pollingIntervalMs: RARELY_MS });
  Object.assign(wfQueueRunner.constructor, { reconcileIntervalMs: RARELY_MS, transitionIntervalMs: RARELY_MS });
}

const WAITING = `
  SELECT EXISTS (SELECT FROM dbos.workflow_status WHERE status = 'ENQUEUED' AND queue_name = $1) AS waiting`;

/**
 * Has the engine ask, with one statement, whether anything is enqueued before it begins a transaction to take it. It
 * does so each second: what is recovered, resumed, forked or scheduled comes by its internal queue. Call it once the
 * engine is launched.
 */
export function askBeforeTaking(): void {
  const systemDatabase = DBOSExecutor.globalInstance?.systemDatabase;
  if (!systemDatabase) throw new Error('The engine does not run.');
  const take = systemDatabase.findAndMarkStartableWorkflows.bind(systemDatabase);
  systemDatabase.findAndMarkStartableWorkflows = async (queue, ...rest) => {
    const { rows } = await systemDatabase.pool.query<{ waiting: boolean }>(WAITING, [queue.name]);
    return rows[0]?.waiting ? take(queue, ...rest) : [];
  };
}
