import { query, type Tx } from '../../infra/database.ts';

/** The step of a dispatch that is due: the first is 1. */
export type DueStep = Readonly<{ orderId: string; step: number }>;

/** The version that the step made, or found when it was done before. */
export type Advanced = Readonly<{ version: number }>;

/** $1: JSON of the steps due. An order moves only from the step before; the last step dispatches it. */
const ADVANCE = `
  WITH due AS (
    SELECT * FROM json_to_recordset($1::json) AS x("orderId" uuid, step int)
  ), moved AS (
    UPDATE orders o SET progress = due.step, version = version + 1, updated_at = statement_timestamp(),
      status = CASE WHEN due.step = o.dispatch_steps THEN 'DISPATCHED' ELSE o.status END
    FROM due WHERE o.id = due."orderId" AND o.status = 'PAID' AND o.progress = due.step - 1
    RETURNING o.id, o.version, o.status, o.progress, o.dispatch_steps
  ), event AS (
    INSERT INTO order_events (order_id, version, type, status, progress, steps, at)
    SELECT id, version, CASE WHEN status = 'PAID' THEN 'PROGRESSED' ELSE 'DISPATCHED' END::"OrderEventType",
      status, progress, dispatch_steps, statement_timestamp() FROM moved
  )
  SELECT id, version FROM moved`;

const DONE = `
  SELECT o.id, o.version FROM json_to_recordset($1::json) AS x("orderId" uuid, step int)
  JOIN orders o ON o.id = x."orderId" WHERE o.status IN ('PAID', 'DISPATCHED') AND o.progress >= x.step`;

/**
 * Advances the dispatch of orders by one step each; a step that was done before is left as it is, since the order's
 * progress is the record of it. Throws when an order is not at the step before.
 */
export async function advanceOrders(tx: Tx, due: readonly DueStep[]): Promise<Advanced[]> {
  type Row = { id: string; version: number };
  const versions = new Map((await query<Row>(tx, ADVANCE, JSON.stringify(due))).map((row) => [row.id, row.version]));
  const rest = due.filter(({ orderId }) => !versions.has(orderId));
  if (rest.length > 0)
    for (const row of await query<Row>(tx, DONE, JSON.stringify(rest))) versions.set(row.id, row.version);
  return due.map(({ orderId, step }) => {
    const version = versions.get(orderId);
    if (version === undefined) throw new Error(`Order ${orderId} is not ready for step ${step} of its dispatch.`);
    return { version };
  });
}
