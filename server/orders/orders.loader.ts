import type { Order } from '../generated/prisma/client.ts';
import { arrayOf, query, readAhead, type Tx } from '../infra/database.ts';
import { Batcher } from '../infra/fast/batcher.ts';
import { reader } from '../infra/fast/current.ts';

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/**
 * The columns under the names that the generated client gives them; whole numbers of 64 bits as text, and times as Unix
 * milliseconds, which the driver reads faster than dates.
 */
const LOAD = `
  SELECT id, number::text, key_hash AS "keyHash", request_hash AS "requestHash", status,
    cancel_reason AS "cancelReason", currency, total_minor::text AS "totalMinor", payment_id AS "paymentId",
    payment_status AS "paymentStatus", payment_attempts AS "paymentAttempts", ${ms('pay_by')} AS "payBy", ${ms('paid_at')} AS "paidAt",
    progress, dispatch_steps AS "dispatchSteps", version, short_product_id AS "shortProductId",
    short_requested AS "shortRequested", short_available AS "shortAvailable", ${ms('created_at')} AS "createdAt",
    ${ms('updated_at')} AS "updatedAt", stage
  FROM orders WHERE id = ANY($1::uuid[])`;

const OF_PAYMENTS = `SELECT id, payment_id AS "paymentId" FROM orders WHERE payment_id = ANY($1::uuid[])`;

/** An order with all of its columns. */
export type LoadedOrder = Order;

type Text = 'number' | 'totalMinor';
type Time = 'payBy' | 'createdAt' | 'updatedAt';
type Row = Omit<Order, Text | Time | 'paidAt'> &
  Record<Text, string> &
  Record<Time, number> & { paidAt: number | null };

const LANES = { lanes: 2 };

const orders = new Batcher<string, Order>(async (ids) => {
  const rows = await query<Row>(reader(), LOAD, arrayOf(ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    if (!row) return new Error(`There is no order ${id}.`);
    return orderOfRow(row);
  });
}, LANES);

const orderOfRow = (row: Row): Order => ({
  ...row,
  number: BigInt(row.number),
  totalMinor: BigInt(row.totalMinor),
  payBy: new Date(row.payBy),
  paidAt: row.paidAt === null ? null : new Date(row.paidAt),
  createdAt: new Date(row.createdAt),
  updatedAt: new Date(row.updatedAt),
});

const ofPayments = new Batcher<string, string | null>(async (paymentIds) => {
  const rows = await query<{ id: string; paymentId: string }>(reader(), OF_PAYMENTS, arrayOf(paymentIds));
  const byPayment = new Map(rows.map(({ id, paymentId }) => [paymentId, id]));
  return paymentIds.map((paymentId) => byPayment.get(paymentId) ?? null);
}, LANES);

/** Reads an order as it is now, with those that others ask for at the same moment. Throws when there is none. */
export function loadOrder(id: string): Promise<Order> {
  return orders.add(id);
}

/**
 * Reads orders at the end of a transaction that changes them, for those who are answered once it is committed: by id.
 * Undefined where the transaction cannot read ahead; they are loaded then.
 */
export function readWithCommit(tx: Tx, ids: readonly string[]): Promise<Map<string, Order>> | undefined {
  const rows = ids.length > 0 ? readAhead<Row>(tx, LOAD, arrayOf(ids)) : undefined;
  const orders = rows?.then((found) => new Map(found.map((row) => [row.id, orderOfRow(row)])));
  orders?.catch(() => {});
  return orders;
}

/** Finds the order that a payment is for, with those that others look for at the same moment; null where there is none. */
export function orderOfPayment(paymentId: string): Promise<string | null> {
  return ofPayments.add(paymentId);
}
