import type { Signal, SignalKind, SignalOutcome } from '../../domain/order.ts';
import { arrayOf, query, type Tx, together } from '../../infra/database.ts';
import type { HandedReport, ReportOutcome } from '../orders.inbox.ts';
import { type LoadedOrder, readWithCommit } from '../orders.loader.ts';
import { decide, type LockedOrder, lockOrders, type Settled, writeSettlements } from './settlement.ts';

/** An order to be settled, with the reports that were handed to its workflow in memory. */
export type SettleItem = Readonly<{ orderId: string; reports: readonly HandedReport[] }>;

/**
 * What is open in the inboxes, $1, and what is known of the keys of reports, $2. A statement of its own, after the
 * lock: what arrived while it was waited for counts.
 */
const SIGNALS = `
  SELECT id::text, "orderId", kind, late, key, outcome FROM (
    SELECT s.id, s.order_id AS "orderId", s.kind, s.received_at > o.pay_by AS late, s.key, s.outcome
    FROM order_signals s JOIN orders o ON o.id = s.order_id
    WHERE s.order_id = ANY($1::uuid[]) AND s.outcome IS NULL
    UNION ALL
    SELECT id, order_id, kind, false, key, outcome FROM order_signals
    WHERE key = ANY($2::text[]) AND (outcome IS NOT NULL OR order_id <> ALL($1::uuid[]))
  ) AS signal ORDER BY signal.id`;

type SignalRow = Signal & { id: string; orderId: string; key: string | null; outcome: SignalOutcome | null };

/**
 * Settles orders: handles what waits in their inboxes and what is handed over, expires those that are overdue, and
 * gives back the stock of those it cancels. Writes nothing where there is nothing to do. The answers are in the order
 * of the items.
 */
export async function settleOrders(tx: Tx, items: readonly SettleItem[]): Promise<Settled[]> {
  const ids = items.map(({ orderId }) => orderId);
  const keys = items.flatMap(({ reports }) => reports.flatMap(({ key }) => key ?? []));
  const [orders, signals] = await together<[LockedOrder[], SignalRow[]]>(
    tx,
    () => lockOrders(tx, ids),
    () => query(tx, SIGNALS, arrayOf(ids), keys),
  );
  const locked = new Map(orders.map((order) => [order.id, order]));
  const triage = new Triage(signals);
  const settlements = items.map(({ orderId, reports }) => {
    const order = locked.get(orderId);
    if (!order) throw new Error(`There is no order ${orderId}.`);
    const { accepted, answers } = triage.of(orderId, reports);
    const late = accepted.map(({ kind, receivedAt }) => ({ kind, late: receivedAt > order.payBy }));
    const own = triage.openOf(orderId);
    const decided = { order, signals: own, reports: accepted, ...decide(order, [...own, ...late]) };
    const outcomes = decided.outcomes.slice(own.length);
    return { decided, answers: [...answers, ...accepted.map(({ id }, i) => ({ id, outcome: outcomes[i]! }))] };
  });
  const settled = await writeSettlements(
    tx,
    settlements.map(({ decided }) => decided),
  );
  const asCommitted = readWithCommit(
    tx,
    items.filter(({ reports }) => reports.length > 0).map(({ orderId }) => orderId),
  );
  return settled.map((became, index) => {
    const { answers } = settlements[index]!;
    const answered = answers.length > 0 ? { ...became, answers } : became;
    if (asCommitted) readAfter.set(answered, asCommitted);
    return answered;
  });
}

/** What is known of a settling beside what is recorded of it: its group's orders as they were when it was committed. */
const readAfter = new WeakMap<Settled, Promise<Map<string, LoadedOrder>>>();

/** An order as it was when its settling was committed; undefined where that was not read with it. */
export async function orderAfter(settled: Settled, orderId: string): Promise<LoadedOrder | undefined> {
  return (await readAfter.get(settled))?.get(orderId);
}

/** Sorts reports: those whose key was used before are answered by that, and are not acted on. */
class Triage {
  readonly #open = new Map<string, SignalRow[]>();
  readonly #byKey = new Map<string, { orderId: string; kind: SignalKind; outcome: SignalOutcome | null }>();

  constructor(signals: readonly SignalRow[]) {
    for (const signal of signals) {
      if (signal.key !== null) this.#byKey.set(signal.key, signal);
      if (signal.outcome === null) this.#open.set(signal.orderId, [...(this.#open.get(signal.orderId) ?? []), signal]);
    }
  }

  openOf(orderId: string): SignalRow[] {
    return this.#open.get(orderId) ?? [];
  }

  of(orderId: string, reports: readonly HandedReport[]) {
    const accepted: HandedReport[] = [];
    const answers: { id: number; outcome: ReportOutcome }[] = [];
    for (const report of reports) {
      const known = report.key === null ? undefined : this.#byKey.get(report.key);
      if (known) {
        const same = known.orderId === orderId && known.kind === report.kind;
        answers.push({ id: report.id, outcome: same ? (known.outcome ?? 'DUPLICATE') : 'CONFLICT' });
        continue;
      }
      if (report.key !== null) this.#byKey.set(report.key, { orderId, kind: report.kind, outcome: null });
      accepted.push(report);
    }
    return { accepted, answers };
  }
}
