import { randomUUID } from 'node:crypto';
import { asGiven, type Line, mergeLines, type Problem } from '../domain/checkout.ts';
import { keyProblem, MIN_CHECKOUT_KEY_LENGTH } from '../domain/key.ts';
import type { SignalKind } from '../domain/order.ts';
import { hashOf, keyHashOf } from '../infra/hash.ts';
import { live } from '../infra/live/live.ts';
import { newId } from '../infra/new-id.ts';
import { lookUntilSeen } from '../infra/patience.ts';
import { placeInGroup } from './group-checkout.commands.ts';
import { localInbox, type ReportAnswer } from './orders.inbox.ts';
import type { LoadedOrder } from './orders.loader.ts';
import { type KnownCheckout, outcomeOf } from './orders.queries.ts';
import { receiveReport } from './orders.steps.ts';

/** What an order is given at checkout, by the configuration of the day. */
export type CheckoutTerms = Readonly<{
  paymentWindowMs: number;
  dispatchSteps: number;
  dispatchStepMs: number;
  /** Units of one product, at most. */
  unitsPerOrder: number;
}>;

/** What is asked of a checkout. `scope`: whose key it is. */
export type Intent = Readonly<{ scope: string; key: string; lines: readonly Line[] }>;

export type CheckoutAnswer =
  | Readonly<{ type: 'PLACED' | 'OUT_OF_STOCK'; orderId: string; replayed: boolean; order?: LoadedOrder | undefined }>
  | Readonly<{ type: 'CONFLICT' }>
  | Readonly<{ type: 'INVALID'; problem: Problem }>;

/** Names the workflow of a key, so that there is one however often it is asked. */
export const checkoutWorkflowId = (keyHash: string) => `checkout:${keyHash}`;

/**
 * Checks out: answers once the order is placed and its stock reserved, or refused for lack of stock. The same key
 * with the same lines gets the same order, also while the first call still runs and after a crash; with other
 * lines it conflicts.
 */
export async function checkOut({ scope, key, lines }: Intent, terms: CheckoutTerms): Promise<CheckoutAnswer> {
  const wrongKey = keyProblem(key, MIN_CHECKOUT_KEY_LENGTH);
  if (wrongKey) return { type: 'INVALID', problem: { path: ['idempotencyKey'], message: wrongKey } };
  const merged = mergeLines(lines, terms.unitsPerOrder);
  if ('problem' in merged) return { type: 'INVALID', problem: merged.problem };
  const requestHash = hashOf(canonical(merged.lines));

  const orderId = newId();
  const { paymentWindowMs, dispatchSteps, dispatchStepMs } = terms;
  const request = {
    orderId,
    paymentId: newId(),
    keyHash: keyHashOf(scope, key),
    requestHash,
    lines: merged.lines,
    paymentWindowMs,
    dispatchSteps,
    dispatchStepMs,
  };
  const placing = await placeInGroup(checkoutWorkflowId(request.keyHash), request);
  if ('problem' in placing) return { type: 'INVALID', problem: asGiven(placing.problem, merged.lines, lines) };
  // Another call with this key came first if the order is not the one that this call proposed.
  return answer(placing, requestHash, placing.known.id !== orderId);
}

/** `order`: as it was when its checkout was committed, where that was read with it. */
type Answered = { known: KnownCheckout; order?: LoadedOrder | undefined };

function answer({ known, order }: Answered, requestHash: string, replayed: boolean): CheckoutAnswer {
  if (known.requestHash !== requestHash) return { type: 'CONFLICT' };
  return { type: known.outOfStock ? 'OUT_OF_STOCK' : 'PLACED', orderId: known.id, replayed, order };
}

/** The order in which lines are given makes no difference to what is asked. */
function canonical(lines: readonly Line[]): string {
  return JSON.stringify([...lines].sort((a, b) => a.productId - b.productId).map((l) => [l.productId, l.quantity]));
}

/**
 * Reports an outcome of payment, or a wish to cancel, and answers once it has taken effect. `key`: makes the same
 * report sent twice one report; without it, reports are told apart by what they say and the order's state. Undefined
 * where there is no such order.
 */
export async function report(orderId: string, kind: SignalKind, key?: string): Promise<ReportAnswer | undefined> {
  const handed = localInbox.hand(orderId, { kind, key: key ?? null, receivedAt: live.databaseNow() });
  const became = handed && (await handed);
  if (became) return became;

  const receipt = await receiveReport({ orderId, kind, key: key ?? randomUUID() });
  if (!receipt) return undefined;
  if (receipt.result === 'CONFLICT') return { outcome: 'CONFLICT' };
  if (receipt.result === 'SETTLED') return { outcome: receipt.outcome };
  return { outcome: await lookUntilSeen(`order:${orderId}`, () => outcomeOf(receipt.signalId)) };
}
