import type pg from 'pg';
import type { Change, Kind } from './hub.ts';

/**
 * Finds in the database what changed since `$1`, of the kinds that are watched: `$2` orders, `$3` products; and
 * with `$4` the inboxes with something unhandled. The first row is always the database's time. Both histories
 * have a BRIN index on `at`, so that this reads their ends only.
 */
const SWEEP = `
  SELECT 'now' AS topic, 0::float8 AS version, extract(epoch FROM clock_timestamp())::float8 * 1000 AS now
  UNION ALL
  SELECT 'order:' || order_id, max(version), NULL FROM order_events
  WHERE $2 AND at > to_timestamp($1::float8 / 1000) GROUP BY order_id
  UNION ALL
  SELECT 'product:' || id, version::float8, NULL FROM products
  WHERE $3 AND id IN (SELECT product_id FROM stock_movements WHERE at > to_timestamp($1::float8 / 1000))
  UNION ALL
  SELECT 'inbox:' || order_id, 0, NULL FROM order_signals WHERE $4 AND outcome IS NULL`;

type Row = { topic: string; version: number; now: number | null };

/** Looks for changes since a time (Unix milliseconds, the database's clock; none before there was a sweep). */
export async function sweep(
  client: pg.Client,
  kinds: ReadonlySet<Kind>,
  since: number | undefined,
): Promise<{ changes: Change[]; databaseNow: number }> {
  const known = since !== undefined;
  const { rows } = await client.query<Row>({
    name: 'sweep',
    text: SWEEP,
    values: [since ?? 0, known && kinds.has('order'), known && kinds.has('product'), kinds.has('inbox')],
  });
  const [first, ...changes] = rows;
  return { changes: changes as Change[], databaseNow: first!.now! };
}
