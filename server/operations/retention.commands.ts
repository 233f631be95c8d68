import { DBOS } from '@dbos-inc/dbos-sdk';
import { pruneWorkflow, type RetentionTerms } from './retention.workflow.ts';

/** Names the schedule in the engine, and with the time each of its runs, so that all processes together run it once. */
export const PRUNING = 'pruneWorkflows';
const EVERY_TEN_MINUTES = '*/10 * * * *';

/**
 * Has finished workflows pruned from time to time, by one of the processes on this database. Of processes with
 * different terms the last to start prevails. The engine must run.
 */
export async function schedulePruning(terms: RetentionTerms): Promise<void> {
  await DBOS.applySchedules([
    { scheduleName: PRUNING, workflowFn: pruneWorkflow, schedule: EVERY_TEN_MINUTES, context: terms },
  ]);
}
