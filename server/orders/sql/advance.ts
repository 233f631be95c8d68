import { arrayOf, numbersOf, query, type Tx } from '../../infra/database.ts';

/** The step of a dispatch that is due: the first is 1. */
export type DueStep = Readonly<{ orderId: string; step: number }>;

/** The version that the step made, or found when it was done before. */
export type Advanced = Readonly<{ version: number }>;

/** $1 orders, $2 their steps. An order moves only from the step before; the last step dispatches it. */
const ADVANCE = `
  WITH due AS (
    SELECT * FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS x("orderId", step, place)
  ), moved AS (
    UPDATE orders o SET progress = due.step, version = version + 1, updated_at = statement_timestamp(),
      status = CASE WHEN due.step = o.dispatch_steps THEN 'DISPATCHED' ELSE o.status END
    FROM due WHERE o.id = due."orderId" AND o.status = 'PAID' AND o.progress = due.step - 1
    RETURNING o.id, o.version, o.status, o.progress, o.dispatch_steps, due.place
  ), event AS (
    INSERT INTO order_events (order_id, version, type, status, progress, steps, at)
    SELECT id, version, CASE WHEN status = 'PAID' THEN 'PROGRESSED' ELSE 'DISPATCHED' END::"OrderEventType",
      status, progress, dispatch_steps, statement_timestamp() FROM moved
  )
  SELECT coalesce(array_agg(place), '{}')::text AS places, coalesce(array_agg(version), '{}')::text AS versions FROM moved`;

const DONE = `
  SELECT o.id, o.version FROM unnest($1::uuid[], $2::int[]) AS x("orderId", step)
  JOIN orders o ON o.id = x."orderId" WHERE o.status IN ('PAID', 'DISPATCHED') AND o.progress >= x.step`;

/**
 * Advances the dispatch of orders by one step each; a step that was done before is left as it is, since the order's
 * progress is the record of it. Throws when an order is not at the step before.
 */
export async function advanceOrders(tx: Tx, due: readonly DueStep[]): Promise<Advanced[]> {
  const advanced: (Advanced | undefined)[] = new Array(due.length);
  // One row of two arrays is quicker to read than a row for each step.
  const [moved] = await query<{ places: string; versions: string }>(tx, ADVANCE, ...parametersOf(due));
  const versions = numbersOf(moved!.versions);
  for (const [index, place] of numbersOf(moved!.places).entries()) advanced[place - 1] = { version: versions[index]! };
  const rest = due.filter((_step, index) => !advanced[index]);
  const done = new Map<string, number>();
  if (rest.length > 0)
    for (const row of await query<{ id: string; version: number }>(tx, DONE, ...parametersOf(rest)))
      done.set(row.id, row.version);
  return due.map(({ orderId, step }, index) => {
    const version = advanced[index]?.version ?? done.get(orderId);
    if (version === undefined) throw new Error(`Order ${orderId} is not ready for step ${step} of its dispatch.`);
    return { version };
  });
}

const FREE = 'SELECT id FROM orders WHERE id = ANY($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED';

/** Tells which of the orders nobody holds just now. */
export async function freeOrders(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  return new Set((await query<{ id: string }>(tx, FREE, arrayOf(ids))).map(({ id }) => id));
}

const parametersOf = (due: readonly DueStep[]) => [
  arrayOf(due.map(({ orderId }) => orderId)),
  arrayOf(due.map(({ step }) => step)),
];
