import { DBOS } from '@dbos-inc/dbos-sdk';
import type { PruneRequest } from './retention.sql.ts';
import { pruneBatch, pruneRefusedOrders } from './retention.steps.ts';
import { betweenBatches } from './retention.waits.ts';

/** How long what has finished is kept, in milliseconds: recorded with the schedule, and with each run. */
export type RetentionTerms = Readonly<{ retentionMs: number }>;

const BATCH = 500;
/** About as many as there is time for until the next run; what is left then is that one's. */
const MOST_BATCHES = 2_000;

/**
 * Prunes what had finished long enough before `dueAt`, a Date: workflows, earlier runs of this one among them, and then the
 * orders that were refused.
 */
async function prune(dueAt: { getTime(): number }, { retentionMs }: RetentionTerms): Promise<void> {
  const before = dueAt.getTime() - retentionMs;
  for (const batch of [pruneBatch, pruneRefusedOrders]) await pruneAll(batch, before);
}

async function pruneAll(prunedBy: (request: PruneRequest) => Promise<number>, before: number): Promise<void> {
  for (let batch = 1; batch <= MOST_BATCHES; batch++) {
    const pruned = await prunedBy({ before, most: BATCH });
    if (pruned < BATCH) return;
    await betweenBatches();
  }
}

export const pruneWorkflow = DBOS.registerWorkflow(prune, { name: 'pruneWorkflows' });
