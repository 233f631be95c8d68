import {
  type CancelReason,
  type OrderChange,
  type OrderState,
  type OrderStatus,
  type PaymentStatus,
  type Settlement,
  type Signal,
  settle,
} from '../../domain/order.ts';
import { arrayOf, query, type Tx, write } from '../../infra/database.ts';
import type { HandedReport, ReportOutcome } from '../orders.inbox.ts';

/** What an order has become; `paidAt` in Unix milliseconds, by the database's clock. */
export type Settled = Readonly<{
  status: OrderStatus;
  version: number;
  paidAt: number | null;
  /** The products whose stock was given back, with their new versions; of a batch, told with one of its orders. */
  products: readonly { id: number; version: number }[];
  /** What became of the reports handed over. */
  answers?: readonly { id: number; outcome: ReportOutcome }[];
}>;

/** An order that is locked until the end of the transaction, with what its transitions depend on. `at`: since when. */
export type LockedOrder = OrderState &
  Readonly<{ id: string; steps: number; payBy: number; paidAt: number | null; at: number }>;

/** All times in Unix milliseconds. The clock is read after the locks, however long they were waited for. */
const LOCK = `
  WITH locked AS MATERIALIZED (SELECT * FROM orders WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)
  SELECT id, status, cancel_reason AS "cancelReason", version, payment_status AS payment, payment_attempts AS attempts,
    dispatch_steps AS steps, (extract(epoch FROM pay_by) * 1000)::float8 AS "payBy",
    (extract(epoch FROM paid_at) * 1000)::float8 AS "paidAt",
    floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at
  FROM locked`;

/** The products of orders, $1, locked, and how many of the orders have each. */
const LOCK_SHELVES_OF = `
  SELECT id, version::float8, (SELECT count(*) FROM order_lines WHERE order_id = ANY($1::uuid[]) AND product_id = p.id)::int AS orders
  FROM products p WHERE id IN (SELECT product_id FROM order_lines WHERE order_id = ANY($1::uuid[]))
  ORDER BY id FOR NO KEY UPDATE`;

/**
 * $1 orders as they become, $2 their new events, $3 the signals handled, $4 orders that give their stock back, $5 the
 * reports that were handed over, to be kept, $6 the time in Unix milliseconds.
 */
const WRITE = `
  WITH settled AS (
    SELECT *, to_timestamp($6::float8 / 1000) AS at FROM json_to_recordset($1::json) AS x(id uuid, status "OrderStatus",
      "cancelReason" "CancelReason", payment "PaymentStatus", attempts int, version int)
  ), changed AS (
    UPDATE orders o SET status = s.status, cancel_reason = s."cancelReason", version = s.version,
      payment_status = s.payment, payment_attempts = s.attempts,
      paid_at = CASE WHEN s.status = 'PAID' THEN s.at ELSE o.paid_at END, updated_at = s.at
    FROM settled s WHERE o.id = s.id
  ), event AS (
    INSERT INTO order_events (order_id, version, type, status, steps, at)
    SELECT "orderId", version, type, status, steps, to_timestamp($6::float8 / 1000) FROM json_to_recordset($2::json) AS x(
      "orderId" uuid, version int, type "OrderEventType", status "OrderStatus", steps int)
  ), handled AS (
    UPDATE order_signals s SET outcome = x.outcome
    FROM json_to_recordset($3::json) AS x(id int8, outcome "SignalOutcome") WHERE s.id = x.id
  ), kept AS (
    INSERT INTO order_signals (order_id, kind, key, received_at, outcome)
    SELECT "orderId", kind, key, to_timestamp("receivedAt" / 1000), outcome FROM json_to_recordset($5::json) AS x(
      "orderId" uuid, kind "SignalKind", key text, "receivedAt" float8, outcome "SignalOutcome")
    ON CONFLICT (key) DO NOTHING
  ), given_back AS (
    INSERT INTO stock_movements (product_id, delta, cause, order_id, at)
    SELECT product_id, quantity, 'RELEASED', order_id, to_timestamp($6::float8 / 1000) FROM order_lines
    WHERE order_id = ANY($4::uuid[]) RETURNING product_id, delta
  )
  UPDATE products SET inventory = inventory + back.units, version = version + back.orders
  FROM (SELECT product_id, sum(delta)::int AS units, count(*)::int AS orders FROM given_back GROUP BY 1) AS back
  WHERE id = back.product_id`;

/** Locks orders, in one order whoever asks. Unknown ids are left out. */
export function lockOrders(tx: Tx, ids: readonly string[]): Promise<LockedOrder[]> {
  return query<LockedOrder>(tx, LOCK, arrayOf(ids));
}

/**
 * What a locked order becomes, before it is written. `signals`: those of its inbox; `reports`: those handed over. The
 * outcomes are of the one, then of the other.
 */
export type Decided = {
  order: LockedOrder;
  signals: readonly { id: string }[];
  reports: readonly HandedReport[];
  becomes: OrderState;
} & Pick<Settlement, 'changes' | 'outcomes'>;

/** Decides what a locked order becomes by signals that have arrived. */
export function decide(
  order: LockedOrder,
  signals: readonly Signal[],
): Pick<Decided, 'becomes' | 'changes' | 'outcomes'> {
  const { order: becomes, changes, outcomes } = settle(order, signals, order.at >= order.payBy);
  return { becomes, changes, outcomes };
}

/**
 * Writes what locked orders become: state, payment, events, handled signals, stock given back. Returns what each has
 * become, in their order.
 */
export async function writeSettlements(tx: Tx, settlements: readonly Decided[]): Promise<Settled[]> {
  const at = Math.max(...settlements.map(({ order }) => order.at));
  const changed = settlements.filter(({ changes, signals }) => changes.length > 0 || signals.length > 0);
  const released = changed
    .filter(({ order, becomes }) => order.status === 'PENDING' && becomes.status === 'CANCELLED')
    .map(({ order }) => order.id);
  const products = released.length > 0 ? await lockShelvesOf(tx, released) : [];
  if (changed.length > 0)
    await write(
      tx,
      WRITE,
      JSON.stringify(changed.filter(({ changes }) => changes.length > 0).map(orderRow)),
      JSON.stringify(changed.flatMap(({ order, changes }) => changes.map((change) => eventRow(order, change)))),
      JSON.stringify(
        changed.flatMap(({ signals, outcomes }) => signals.map(({ id }, i) => ({ id, outcome: outcomes[i] }))),
      ),
      arrayOf(released),
      JSON.stringify(changed.flatMap(reportRows)),
      at,
    );
  return settlements.map(({ order, becomes, changes }, index) => ({
    status: becomes.status,
    version: becomes.version,
    paidAt: changes.some(({ type }) => type === 'PAID') ? at : order.paidAt,
    products: index === 0 ? products : [],
  }));
}

async function lockShelvesOf(tx: Tx, orderIds: readonly string[]): Promise<Settled['products']> {
  const shelves = await query<{ id: number; version: number; orders: number }>(tx, LOCK_SHELVES_OF, arrayOf(orderIds));
  return shelves.map(({ id, version, orders }) => ({ id, version: version + orders }));
}

/** Reports are kept that took effect, and those with a key, so that the same one sent again is known. */
function reportRows({ order, signals, reports, outcomes }: Decided) {
  return reports.flatMap(({ kind, key, receivedAt }, index) =>
    key === null && outcomes[signals.length + index] !== 'APPLIED'
      ? []
      : [{ orderId: order.id, kind, key, receivedAt, outcome: outcomes[signals.length + index] }],
  );
}

type OrderRow = { id: string; status: OrderStatus; cancelReason: CancelReason | null; payment: PaymentStatus };

const orderRow = ({ order, becomes }: Decided): OrderRow & Pick<OrderState, 'attempts' | 'version'> => ({
  id: order.id,
  status: becomes.status,
  cancelReason: becomes.cancelReason,
  payment: becomes.payment,
  attempts: becomes.attempts,
  version: becomes.version,
});

const eventRow = ({ id: orderId, steps }: LockedOrder, change: OrderChange) => ({ orderId, steps, ...change });
