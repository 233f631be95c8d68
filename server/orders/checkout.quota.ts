import type { Caller } from '../graphql/builder.ts';
import { codedError } from '../graphql/public-errors.ts';
import { keyHashOf } from '../infra/hash.ts';
import { OverloadedError } from '../infra/patience.ts';
import { holds } from '../limits/holds.ts';
import { fullFields, type RateLimit } from '../limits/rate-limit.ts';
import { type CheckoutAnswer, type CheckoutTerms, checkOut, type Intent } from './orders.commands.ts';
import { findByKey } from './orders.queries.ts';

/**
 * Checks out within what the caller's client may have: checkouts a minute, orders that wait for their payment, and the units
 * in them. A key that was used before is answered also for a client that has all it may have. Throws a GraphQL error with
 * the code RATE_LIMITED or ORDERS_LIMITED.
 */
export async function checkOutWithinQuota(
  caller: Caller,
  intent: Intent,
  terms: CheckoutTerms,
): Promise<CheckoutAnswer> {
  const { client, quota } = caller;
  if (quota.checkouts) await countCheckout(caller, quota.checkouts);
  const units = intent.lines.reduce((sum, { quantity }) => sum + Math.max(0, quantity), 0);
  const claim = holds.claim(client, `${intent.scope}\n${intent.key}`, units, quota);
  if ('waitMs' in claim) return answerWithoutRoom(caller, intent, terms, { units, waitMs: claim.waitMs });
  try {
    const answer = await checkOut(intent, terms);
    if (answer.type !== 'PLACED') claim.giveBack();
    else if (answer.replayed) claim.found(answer.orderId);
    else claim.keep(answer.orderId, terms.paymentWindowMs);
    return answer;
  } catch (error) {
    // What is not let in is not placed; of anything else the commit may have gone through.
    if (error instanceof OverloadedError) claim.giveBack();
    else claim.keepUnclear(terms.paymentWindowMs);
    throw error;
  }
}

/** Answers a client that has all it may have: for a key that was used before, with what came of it. */
async function answerWithoutRoom(
  { quota }: Caller,
  intent: Intent,
  terms: CheckoutTerms,
  { units, waitMs }: { units: number; waitMs: number },
): Promise<CheckoutAnswer> {
  if (await findByKey(keyHashOf(intent.scope, intent.key))) return checkOut(intent, terms);
  const { heldUnits = Infinity, openOrders } = quota;
  if (units > heldUnits) {
    const message = `Orders that are not paid have ${heldUnits} units at most, of all products together.`;
    return { type: 'INVALID', problem: { path: ['lines'], message } };
  }
  throw codedError('ORDERS_LIMITED', 'You have as many orders waiting as one client may: pay or cancel one first.', {
    http: { headers: fullFields('open-orders', openOrders, Math.max(1, Math.ceil(waitMs / 1_000))) },
  });
}

async function countCheckout({ client, headers }: Caller, rate: RateLimit): Promise<void> {
  const standing = await rate.count(client);
  Object.assign(headers, rate.headersOf(standing));
  if (standing.exceeded)
    throw codedError('RATE_LIMITED', `Too many checkouts in a minute: try again in ${standing.resetS} s.`);
}
