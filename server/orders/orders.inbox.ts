import { randomInt } from 'node:crypto';
import type { SignalKind, SignalOutcome } from '../domain/order.ts';
import type { LoadedOrder } from './orders.loader.ts';

/**
 * A report handed from the process that received it to a workflow that waits in the same process. `receivedAt`: Unix
 * milliseconds, by the database's clock. `key`: the reporter's idempotency key.
 */
export type HandedReport = Readonly<{ id: number; kind: SignalKind; key: string | null; receivedAt: number }>;

export type ReportOutcome = SignalOutcome | 'CONFLICT';

/** What became of a report; `order`: as it was when that was committed, where it was read with it. */
export type ReportAnswer = Readonly<{ outcome: ReportOutcome; order?: LoadedOrder | undefined }>;

/** What names an order, and what its payment: reports come by either. */
export type OrderNames = Readonly<{ orderId: string; paymentId: string }>;

type Box = { paymentId: string; reports: HandedReport[]; wake: (() => void) | undefined; waited: boolean };

/**
 * Hands reports to the workflows of this process in memory. A report is then stored and settled in one commit, and
 * its sender is answered after that; until then nobody was told anything, so that a crash loses nothing.
 */
class LocalInbox {
  readonly #boxes = new Map<string, Box>();
  readonly #orderOf = new Map<string, string>();
  readonly #answers = new Map<number, (settled: ReportAnswer | null) => void>();
  /** Answers are recorded with these: those of an earlier process must not be taken for answers to our reports. */
  #lastId = randomInt(2 ** 47);

  /** Begins to take reports for an order, whose workflow runs here. */
  open({ orderId, paymentId }: OrderNames): void {
    if (this.#boxes.has(orderId)) return;
    this.#boxes.set(orderId, { paymentId, reports: [], wake: undefined, waited: false });
    this.#orderOf.set(paymentId, orderId);
  }

  /** Tells which order a payment is for, if its workflow waits here. */
  orderOf(paymentId: string): string | undefined {
    return this.#orderOf.get(paymentId);
  }

  /**
   * Begins a wait for an order. Tells whether reports may have been stored in the database before it: not for the first
   * wait of an order that this process placed a moment ago, of which nobody else knows yet.
   */
  beginWait(names: OrderNames): boolean {
    const isNew = this.#boxes.get(names.orderId)?.waited === false;
    this.open(names);
    this.#boxes.get(names.orderId)!.waited = true;
    return !isNew;
  }

  /** Takes no more reports for an order; those that nobody took are given up. */
  close(orderId: string): void {
    for (const { id } of this.take(orderId)) this.giveUp(id);
    const box = this.#boxes.get(orderId);
    if (box) this.#orderOf.delete(box.paymentId);
    this.#boxes.delete(orderId);
  }

  /**
   * Hands over a report. Resolves with what became of it once that is committed; with null when nobody acted on it:
   * then it is to be stored for whoever runs the workflow now. Undefined when no workflow waits here.
   */
  hand(orderId: string, report: Omit<HandedReport, 'id'>): Promise<ReportAnswer | null> | undefined {
    const box = this.#boxes.get(orderId);
    if (!box) return undefined;
    const id = ++this.#lastId;
    const answer = new Promise<ReportAnswer | null>((resolve) => this.#answers.set(id, resolve));
    box.reports.push({ ...report, id });
    box.wake?.();
    return answer;
  }

  /** Takes what has been handed over for an order. */
  take(orderId: string): HandedReport[] {
    return this.#boxes.get(orderId)?.reports.splice(0) ?? [];
  }

  /** Calls `wake` when something is handed over for an order. */
  onReport(orderId: string, wake: (() => void) | undefined): void {
    const box = this.#boxes.get(orderId);
    if (box) box.wake = wake;
  }

  /** Tells the sender of a report what became of it. */
  answer(id: number, settled: ReportAnswer | null): void {
    this.#answers.get(id)?.(settled);
    this.#answers.delete(id);
  }

  /** Tells the sender of a report that nobody acted on it. */
  giveUp(id: number): void {
    this.answer(id, null);
  }
}

/** The one of this process. */
export const localInbox = new LocalInbox();
