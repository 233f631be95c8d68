import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { shelvesOf } from '../catalog/catalog.queries.ts';
import { type Line, mergeLines, type Problem, place } from '../domain/checkout.ts';
import { keyProblem } from '../domain/key.ts';
import type { SignalKind } from '../domain/order.ts';
import { groupCommit } from '../infra/fast/current.ts';
import { hashOf } from '../infra/hash.ts';
import { live } from '../infra/live/live.ts';
import { newId } from '../infra/new-id.ts';
import { lookUntilSeen } from '../infra/patience.ts';
import { placeInGroup } from './group-checkout.commands.ts';
import { localInbox, type ReportAnswer } from './orders.inbox.ts';
import type { LoadedOrder } from './orders.loader.ts';
import { findByKey, type KnownCheckout, outcomeOf } from './orders.queries.ts';
import { receiveReport } from './orders.steps.ts';
import { type CheckoutRequest, checkoutWorkflow } from './orders.workflow.ts';

/** What an order is given at checkout, by the configuration of the day. */
export type CheckoutTerms = Readonly<{ paymentWindowMs: number; dispatchSteps: number; dispatchStepMs: number }>;

export type CheckoutAnswer =
  | Readonly<{ type: 'PLACED' | 'OUT_OF_STOCK'; orderId: string; replayed: boolean; order?: LoadedOrder | undefined }>
  | Readonly<{ type: 'CONFLICT' }>
  | Readonly<{ type: 'INVALID'; problem: Problem }>;

const NAME_LENGTH = 22;

/**
 * Names the workflow of a key, so that the engine itself starts it once however often it is asked: by half of the key's
 * hash, 132 bits, since the name is in a dozen rows and index entries of each order.
 */
export const checkoutWorkflowId = (key: string) => `checkout:${hashOf(key).slice(0, NAME_LENGTH)}`;

/** Names it as orders have it that were placed before names became shorter. */
export const formerWorkflowId = (key: string) => `checkout:${hashOf(key)}`;

/**
 * Checks out: answers once the order is placed and its stock reserved, or refused for lack of stock. The same key
 * with the same lines gets the same order, also while the first call still runs and after a crash; with other
 * lines it conflicts.
 */
export async function checkOut(key: string, lines: readonly Line[], terms: CheckoutTerms): Promise<CheckoutAnswer> {
  const wrongKey = keyProblem(key);
  if (wrongKey) return { type: 'INVALID', problem: { path: ['idempotencyKey'], message: wrongKey } };
  const merged = mergeLines(lines);
  if ('problem' in merged) return { type: 'INVALID', problem: merged.problem };
  const requestHash = hashOf(canonical(merged.lines));

  const orderId = newId();
  const request = { orderId, paymentId: newId(), key, requestHash, lines: merged.lines, ...terms };
  const group = groupCommit();
  const placing = group
    ? await placeInGroup(group, checkoutWorkflowId(key), request)
    : await placeAlone(request, lines);
  if ('problem' in placing)
    return { type: 'INVALID', problem: (await problemOf(merged.lines, lines)) ?? placing.problem };
  // Another call with this key came first if the order is not the one that this call proposed.
  return answer(placing, requestHash, placing.known.id !== orderId);
}

/** `order`: as it was when its checkout was committed, where that was read with it. */
type Answered = { known: KnownCheckout; order?: LoadedOrder | undefined };

async function placeAlone(request: CheckoutRequest, given: readonly Line[]): Promise<Answered | { problem: Problem }> {
  const { key, orderId } = request;
  const known = await findByKey(key);
  if (known) return { known };
  const problem = await problemOf(request.lines, given);
  if (problem) return { problem };
  await DBOS.startWorkflow(checkoutWorkflow, { workflowID: checkoutWorkflowId(key) })(request);
  return { known: await lookUntilSeen(`order:${orderId}`, () => findByKey(key)) };
}

function answer({ known, order }: Answered, requestHash: string, replayed: boolean): CheckoutAnswer {
  if (known.requestHash !== requestHash) return { type: 'CONFLICT' };
  return { type: known.outOfStock ? 'OUT_OF_STOCK' : 'PLACED', orderId: known.id, replayed, order };
}

/** The order in which lines are given makes no difference to what is asked. */
function canonical(lines: readonly Line[]): string {
  return JSON.stringify([...lines].sort((a, b) => a.productId - b.productId).map((l) => [l.productId, l.quantity]));
}

async function problemOf(merged: readonly Line[], given: readonly Line[]): Promise<Problem | undefined> {
  const shelves = await shelvesOf(merged.map(({ productId }) => productId));
  const unknown = given.findIndex(({ productId }) => !shelves.has(productId));
  if (unknown >= 0) return { path: ['lines', String(unknown), 'productId'], message: 'There is no such product.' };
  const placement = place(merged, shelves);
  return 'problem' in placement ? placement.problem : undefined;
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
