import pg from 'pg';

/** What must hold at every moment; each query tells in words where it does not. */
const ALWAYS = [
  // 1. Stock is never negative, and the ledger tells the same.
  `SELECT format('product %s has %s units', sku, inventory) AS problem FROM products WHERE inventory < 0`,

  `SELECT format('product %s has %s units, its ledger says %s', sku, inventory, coalesce(sum(delta), 0)) AS problem
   FROM products p LEFT JOIN stock_movements m ON m.product_id = p.id
   GROUP BY p.id HAVING inventory <> coalesce(sum(delta), 0)`,

  `SELECT format('restocking %s moved product %s %s times', restock_key_hash, product_id, count(*)) AS problem
   FROM stock_movements WHERE restock_key_hash IS NOT NULL GROUP BY restock_key_hash, product_id HAVING count(*) > 1`,

  // 2. One key, one order, one payment, one reservation.
  `SELECT format('key %s has %s orders', key_hash, count(*)) AS problem
   FROM orders GROUP BY key_hash HAVING count(*) > 1`,

  `SELECT format('number %s has %s orders', number, count(*)) AS problem FROM orders GROUP BY number HAVING count(*) > 1`,

  `SELECT format('key %s has %s reports', key, count(*)) AS problem
   FROM order_signals WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1`,

  `SELECT format('key %s has %s restockings', key_hash, count(*)) AS problem
   FROM restocks GROUP BY key_hash HAVING count(*) > 1`,

  `SELECT format('order %s asked for %s of product %s and reserved %s in %s movements',
     o.number, coalesce(line.units, 0), product_id, coalesce(taken.units, 0), coalesce(taken.times, 0)) AS problem
   FROM (SELECT order_id, product_id, sum(quantity) AS units FROM order_lines GROUP BY 1, 2) AS line
   FULL JOIN (SELECT order_id, product_id, -sum(delta) AS units, count(*) AS times FROM stock_movements
     WHERE cause = 'RESERVED' GROUP BY 1, 2) AS taken USING (order_id, product_id)
   JOIN orders o ON o.id = order_id
   WHERE CASE WHEN o.cancel_reason = 'OUT_OF_STOCK' THEN taken.times IS NOT NULL
     ELSE taken.times IS DISTINCT FROM 1 OR taken.units IS DISTINCT FROM line.units END`,

  `SELECT format('order %s totals %s, its lines %s', number, total_minor, lines) AS problem
   FROM orders o
   LEFT JOIN LATERAL (SELECT sum(quantity * unit_price_minor) AS lines FROM order_lines WHERE order_id = o.id) AS l ON true
   WHERE total_minor IS DISTINCT FROM lines`,

  // 3. Orders hold the units of their lines, until they are cancelled.
  `SELECT format('order %s is %s and holds %s of product %s', o.number, o.status, held.units, product_id) AS problem
   FROM (SELECT order_id, product_id, -sum(delta) AS units FROM stock_movements
     WHERE order_id IS NOT NULL GROUP BY 1, 2) AS held
   JOIN orders o ON o.id = order_id
   LEFT JOIN (SELECT order_id, product_id, sum(quantity) AS units FROM order_lines GROUP BY 1, 2) AS line
     USING (order_id, product_id)
   WHERE held.units <> CASE WHEN o.status = 'CANCELLED' THEN 0 ELSE coalesce(line.units, 0) END`,

  // 4. Money is captured for what is sent, and for nothing else.
  `SELECT format('order %s is %s (%s) with a payment that is %s', number, o.status, cancel_reason, o.payment_status) AS problem
   FROM orders o
   WHERE NOT coalesce(CASE
     WHEN o.status = 'PENDING' THEN o.payment_status = 'PENDING'
     WHEN o.status IN ('PAID', 'DISPATCHED') THEN o.payment_status = 'SUCCEEDED'
     WHEN cancel_reason = 'PAYMENT_FAILED' THEN o.payment_status IN ('FAILED', 'REFUNDED')
     ELSE o.payment_status IN ('EXPIRED', 'REFUNDED') END, false)`,

  `SELECT format('order %s tells of %s refunds, its payment is %s', number, refunds, o.payment_status) AS problem
   FROM orders o
   CROSS JOIN LATERAL (SELECT count(*) AS refunds FROM order_events WHERE order_id = o.id AND type = 'REFUNDED') AS e
   WHERE refunds <> (o.payment_status = 'REFUNDED')::int`,

  // 5. Orders move along the arrows; each change is one version, told by one event.
  `SELECT format('order %s is at version %s, its events are %s', number, o.version, versions) AS problem
   FROM orders o LEFT JOIN LATERAL
     (SELECT array_agg(e.version ORDER BY e.version) AS versions FROM order_events e WHERE order_id = o.id) AS e ON true
   WHERE versions IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, o.version) AS n)`,

  `SELECT format('order %s went from %s %s to %s %s (%s) at version %s',
     number, before, progress_before, type, e.progress, e.status, e.version) AS problem
   FROM (SELECT *, lag(type) OVER history AS before, coalesce(lag(progress) OVER history, 0) AS progress_before
     FROM order_events WINDOW history AS (PARTITION BY order_id ORDER BY version)) AS e
   JOIN orders o ON o.id = order_id
   WHERE (coalesce(before::text, ''), type::text, e.status::text) NOT IN (
     ('', 'CREATED', 'PENDING'), ('CREATED', 'RESERVED', 'PENDING'), ('CREATED', 'CANCELLED', 'CANCELLED'),
     ('RESERVED', 'PAYMENT_DECLINED', 'PENDING'), ('PAYMENT_DECLINED', 'PAYMENT_DECLINED', 'PENDING'),
     ('RESERVED', 'PAID', 'PAID'), ('PAYMENT_DECLINED', 'PAID', 'PAID'),
     ('RESERVED', 'CANCELLED', 'CANCELLED'), ('PAYMENT_DECLINED', 'CANCELLED', 'CANCELLED'),
     ('CANCELLED', 'REFUNDED', 'CANCELLED'),
     ('PAID', 'PROGRESSED', 'PAID'), ('PROGRESSED', 'PROGRESSED', 'PAID'),
     ('PAID', 'DISPATCHED', 'DISPATCHED'), ('PROGRESSED', 'DISPATCHED', 'DISPATCHED'))
   OR e.progress <> progress_before + (type IN ('PROGRESSED', 'DISPATCHED'))::int`,

  `SELECT format('order %s is %s %s, its last event says %s %s', number, o.status, o.progress, e.status, e.progress) AS problem
   FROM orders o JOIN order_events e ON e.order_id = o.id AND e.version = o.version
   WHERE (o.status, o.progress) <> (e.status, e.progress)`,

  `SELECT format('order %s is %s at step %s of %s', number, status, progress, dispatch_steps) AS problem
   FROM orders WHERE (status = 'DISPATCHED') <> (progress = dispatch_steps)`,

  `SELECT format('order %s is cancelled for lack of stock after it was reserved', number) AS problem
   FROM orders o WHERE cancel_reason = 'OUT_OF_STOCK'
   AND EXISTS (SELECT FROM order_events WHERE order_id = o.id AND type = 'RESERVED')`,

  // Each report took effect at most once, and nothing but a report pays, declines, fails, cancels or refunds.
  `SELECT format('order %s has %s reports that took effect, and %s effects of reports', number, causes, effects) AS problem
   FROM orders o
   CROSS JOIN LATERAL (SELECT count(*) AS causes FROM order_signals WHERE order_id = o.id AND outcome = 'APPLIED') AS s
   CROSS JOIN LATERAL (SELECT count(*) AS effects FROM order_events e WHERE order_id = o.id AND (
     type IN ('PAYMENT_DECLINED', 'PAID', 'REFUNDED')
     OR type = 'CANCELLED' AND cancel_reason IN ('PAYMENT_FAILED', 'REQUESTED'))) AS e
   WHERE causes <> effects`,

  `SELECT format('order %s counts %s attempts to pay, its events %s', number, payment_attempts, told) AS problem
   FROM orders o
   CROSS JOIN LATERAL (SELECT count(*) AS told FROM order_events e WHERE order_id = o.id AND (
     type IN ('PAYMENT_DECLINED', 'PAID', 'REFUNDED')
     OR type = 'CANCELLED' AND cancel_reason = 'PAYMENT_FAILED')) AS e
   WHERE payment_attempts <> told`,

  `SELECT format('order %s is %s with a report that nobody acts on', number, o.status) AS problem
   FROM orders o JOIN order_signals s ON s.order_id = o.id WHERE s.outcome IS NULL AND o.status <> 'PENDING'`,

  // References to orders are declared, and not enforced.
  `SELECT format('there is %s of order %s, but no such order', what, order_id) AS problem FROM (
     SELECT 'a line' AS what, order_id FROM order_lines
     UNION ALL SELECT 'an event', order_id FROM order_events
     UNION ALL SELECT 'a report', order_id FROM order_signals
     UNION ALL SELECT 'a movement', order_id FROM stock_movements WHERE order_id IS NOT NULL) AS part
   WHERE NOT EXISTS (SELECT FROM orders WHERE id = order_id)`,
];

/** 6. What must hold once the faults have stopped and everything had time to finish. */
const QUIESCED = [
  `SELECT format('order %s is still %s', number, status) AS problem
   FROM orders WHERE status NOT IN ('DISPATCHED', 'CANCELLED')`,

  `SELECT format('workflow %s is %s: %s', workflow_uuid, status, left(o.error, 300)) AS problem
   FROM dbos.workflow_status LEFT JOIN dbos.workflow_output o USING (workflow_uuid) WHERE status <> 'SUCCESS'`,

  `SELECT format('order %s has no workflow', number) AS problem FROM orders o WHERE NOT EXISTS (
     SELECT FROM dbos.workflow_status
     WHERE workflow_uuid = 'checkout:' || o.key_hash)`,
];

export type InvariantOptions = {
  /** Demand too that nothing is under way any more. */
  quiesced?: boolean;
};

/** Checks the invariants of a store's database and tells in words what violates them. */
export async function checkInvariants(databaseUrl: string, options: InvariantOptions = {}): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A session that is lost fails the query.
  client.on('error', () => {});
  await client.connect();
  try {
    // One snapshot for all queries, so that a store at work can be checked.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    return await findViolations(client, options);
  } finally {
    await client.end();
  }
}

/** Does the same in an open transaction. */
export async function findViolations(
  client: pg.Client,
  { quiesced = false }: InvariantOptions = {},
): Promise<string[]> {
  const problems: string[] = [];
  for (const check of quiesced ? [...ALWAYS, ...QUIESCED] : ALWAYS) {
    const { rows } = await client.query<{ problem: string }>(check);
    problems.push(...rows.map(({ problem }) => problem));
  }
  return problems;
}
