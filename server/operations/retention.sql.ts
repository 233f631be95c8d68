import { arrayOf, query, type Tx } from '../infra/database.ts';

/** `before`: Unix milliseconds. `most`: how many, at most, are deleted. */
export type PruneRequest = Readonly<{ before: number; most: number }>;

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
  ), workflows AS (
    DELETE FROM dbos.workflow_status WHERE workflow_uuid = ANY (ARRAY(SELECT id FROM finished))
  )
  SELECT count(*)::int4 AS pruned FROM finished`;

/** Deletes finished workflows with all that the engine recorded of them. Returns how many. */
export async function pruneFinished(tx: Tx, { before, most }: PruneRequest): Promise<number> {
  const [row] = await query<{ pruned: number }>(tx, PRUNE, before, most);
  return row!.pruned;
}

/**
 * The oldest orders that were refused for lack of stock: nothing was reserved for them, and nobody reported anything of
 * them. Those whose workflow is recorded still are left to a later run: their keys would find it, and no order.
 */
const REFUSED = `
  SELECT id FROM orders
  WHERE cancel_reason = 'OUT_OF_STOCK' AND payment_status = 'EXPIRED' AND created_at < to_timestamp($1::float8 / 1000)
    AND NOT EXISTS (SELECT FROM order_signals WHERE order_id = orders.id)
    AND NOT EXISTS (SELECT FROM dbos.workflow_status WHERE workflow_uuid = 'checkout:' || key_hash)
  ORDER BY created_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED`;

/** Deletes orders that were refused, so that a flood of them does not stay for ever. Returns how many. */
export async function pruneRefused(tx: Tx, { before, most }: PruneRequest): Promise<number> {
  const ids = arrayOf((await query<{ id: string }>(tx, REFUSED, before, most)).map(({ id }) => id));
  await query(tx, 'DELETE FROM order_lines WHERE order_id = ANY($1::uuid[])', ids);
  await query(tx, 'DELETE FROM order_events WHERE order_id = ANY($1::uuid[])', ids);
  const deleted = await query(tx, 'DELETE FROM orders WHERE id = ANY($1::uuid[]) RETURNING id', ids);
  return deleted.length;
}
