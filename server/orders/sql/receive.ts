import type { SignalKind, SignalOutcome } from '../../domain/order.ts';
import { query, type Tx } from '../../infra/database.ts';
import { decide, type LockedOrder, lockOrders, type Settled, writeSettlements } from './settlement.ts';

/** A signal for an order. `key`: the reporter's idempotency key, or one made for this report alone. */
export type Report = Readonly<{ orderId: string; kind: SignalKind; key: string }>;

/**
 * QUEUED: stored, and the order's workflow will act on it. SETTLED: the order was no longer waiting; this is what
 * the report meant to it, and what it became if that changed it. CONFLICT: the key was used for another report.
 */
export type Receipt =
  | Readonly<{ result: 'QUEUED'; orderId: string; signalId: string }>
  | Readonly<{ result: 'SETTLED'; orderId: string; outcome: SignalOutcome; settled: Settled | null }>
  | Readonly<{ result: 'CONFLICT' }>;

type Known = { id: string; orderId: string; kind: SignalKind; outcome: SignalOutcome | null };

const FIND = `SELECT id::text, order_id AS "orderId", kind, outcome FROM order_signals WHERE key = $1`;

const STORE = `
  INSERT INTO order_signals (order_id, kind, key, received_at, outcome)
  VALUES ($1::uuid, $2::"SignalKind", $3, statement_timestamp(), $4::"SignalOutcome")
  ON CONFLICT (key) DO NOTHING RETURNING id::text`;

/**
 * Receives a report about an order. It is stored before anything acts on it, under the order's lock: either the
 * workflow's settling sees it, or this sees what the workflow settled, and refunds money that came too late.
 * Undefined when there is no such order.
 */
export async function receive(tx: Tx, { orderId, kind, key }: Report): Promise<Receipt | undefined> {
  const [order] = await lockOrders(tx, [orderId]);
  if (!order) return undefined;
  const [known] = await query<Known>(tx, FIND, key);
  if (known) return receiptOf(known, orderId, kind);
  if (order.status === 'PENDING') {
    const [row] = await query<{ id: string }>(tx, STORE, orderId, kind, key, null);
    return row ? { result: 'QUEUED', orderId, signalId: row.id } : { result: 'CONFLICT' };
  }
  return settleLate(tx, order, kind, key);
}

async function settleLate(tx: Tx, order: LockedOrder, kind: SignalKind, key: string): Promise<Receipt> {
  const decided = { order, signals: [], reports: [], ...decide(order, [{ kind, late: true }]) };
  const [outcome] = decided.outcomes;
  if (outcome !== 'APPLIED') return { result: 'SETTLED', orderId: order.id, outcome: outcome!, settled: null };
  const [stored] = await query(tx, STORE, order.id, kind, key, outcome);
  if (!stored) return { result: 'CONFLICT' };
  const [settled] = await writeSettlements(tx, [decided]);
  return { result: 'SETTLED', orderId: order.id, outcome, settled: settled! };
}

function receiptOf(known: Known, orderId: string, kind: SignalKind): Receipt {
  if (known.orderId !== orderId || known.kind !== kind) return { result: 'CONFLICT' };
  if (known.outcome === null) return { result: 'QUEUED', orderId, signalId: known.id };
  return { result: 'SETTLED', orderId, outcome: known.outcome, settled: null };
}
