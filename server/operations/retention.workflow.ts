import { DBOS } from '@dbos-inc/dbos-sdk';
import { pruneBatch } from './retention.steps.ts';
import { betweenBatches } from './retention.waits.ts';

/** How long what has finished is kept, in milliseconds: recorded with the schedule, and with each run. */
export type RetentionTerms = Readonly<{ retentionMs: number }>;

const BATCH = 500;
/** About as many as there is time for until the next run; what is left then is that one's. */
const MOST_BATCHES = 2_000;

/** Prunes the workflows that had finished long enough before `dueAt`, a Date; earlier runs of this one among them. */
async function prune(dueAt: { getTime(): number }, { retentionMs }: RetentionTerms): Promise<void> {
  const finishedBefore = dueAt.getTime() - retentionMs;
  for (let batch = 1; batch <= MOST_BATCHES; batch++) {
    const pruned = await pruneBatch({ finishedBefore, most: BATCH });
    if (pruned < BATCH) return;
    await betweenBatches();
  }
}

export const pruneWorkflow = DBOS.registerWorkflow(prune, { name: 'pruneWorkflows' });
