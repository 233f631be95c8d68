import { query, type Tx } from '../infra/database.ts';

/** `finishedBefore`: Unix milliseconds. `most`: how many workflows, at most, are deleted. */
export type PruneRequest = Readonly<{ finishedBefore: number; most: number }>;

/**
 * Deletes the oldest of the finished, found by the engine's index on `completed_at`, and their rows in each of its
 * tables; those with a foreign key on the workflow go with it. A row that somebody holds, to resume it perhaps, is left
 * to a later run. The ids are handed on as arrays, for which PostgreSQL chooses the keys' indexes whatever it believes
 * of the tables' sizes.
 */
const PRUNE = `
  WITH finished AS MATERIALIZED (
    SELECT workflow_uuid AS id FROM dbos.workflow_status
    WHERE completed_at < $1::int8 AND status IN ('SUCCESS', 'CANCELLED')
    ORDER BY completed_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED
  ), inputs AS (
    DELETE FROM dbos.workflow_input WHERE workflow_uuid = ANY (ARRAY(SELECT id FROM finished))
  ), outputs AS (
    DELETE FROM dbos.workflow_output WHERE workflow_uuid = ANY (ARRAY(SELECT id FROM finished))
  ), steps AS (
    DELETE FROM dbos.operation_outputs WHERE workflow_uuid = ANY (ARRAY(SELECT id FROM finished))
  ), transactions AS (
    DELETE FROM dbos.transaction_completion WHERE workflow_id = ANY (ARRAY(SELECT id FROM finished))
  ), workflows AS (
    DELETE FROM dbos.workflow_status WHERE workflow_uuid = ANY (ARRAY(SELECT id FROM finished))
  )
  SELECT count(*)::int4 AS pruned FROM finished`;

/** Deletes finished workflows with all that the engine recorded of them. Returns how many. */
export async function pruneFinished(tx: Tx, { finishedBefore, most }: PruneRequest): Promise<number> {
  const [row] = await query<{ pruned: number }>(tx, PRUNE, finishedBefore, most);
  return row!.pruned;
}
