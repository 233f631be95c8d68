import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Connection } from './connection.ts';

const CHECKOUT = `mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename
  ... on CheckoutSuccess { order { id payment { id } } } ... on UserError { message } } }`;
const SUBMIT = `mutation ($input: SubmitPaymentInput!) { submitPayment(input: $input) { __typename
  ... on SubmitPaymentSuccess { order { status } } ... on UserError { message } } }`;

const bodyOf = (query: string, input: unknown) => JSON.stringify({ query, variables: { input } });
const LATER = new Set(['OVERLOADED', 'BUSY', 'TRY_AGAIN', 'TOO_MANY_REQUESTS', 'SERVICE_UNAVAILABLE']);
const RETRY_MS = 250;

type Order = { id: string; status?: string; payment?: { id: string } };
type Result = { __typename: string; message?: string; order?: Order };
type Body = { data?: Record<string, Result>; errors?: { message: string; extensions?: { code?: string } }[] };

/** What one shopper did: one order, from the checkout until it is PAID. */
export type Purchase = { orderId: string; checkoutMs: number; paymentMs: number };

/** Counts answers that told the shopper to come again; those that came again in the end are purchases as well. */
export type Refusals = { count: number };

/** Buys: places an order and pays for it. Throws, with what was wrong, unless it is PAID in the end. */
export async function buy(
  connection: Connection,
  productIds: readonly string[],
  refusals: Refusals,
): Promise<Purchase> {
  const lines = productIds.map((productId) => ({ productId, quantity: 1 }));
  const begun = performance.now();
  const placed = await ask(connection, bodyOf(CHECKOUT, { idempotencyKey: randomUUID(), lines }), refusals);
  const paymentId = placed.order?.payment?.id;
  if (placed.__typename !== 'CheckoutSuccess' || !paymentId) throw new Error(`checkout: ${JSON.stringify(placed)}`);
  const between = performance.now();
  const paid = await ask(connection, bodyOf(SUBMIT, { paymentId, outcome: 'PAID' }), refusals);
  // A fast dispatch may have ended already.
  if (paid.order?.status !== 'PAID' && paid.order?.status !== 'DISPATCHED')
    throw new Error(`payment: ${JSON.stringify(paid)}`);
  return { orderId: placed.order!.id, checkoutMs: between - begun, paymentMs: performance.now() - between };
}

async function ask(connection: Connection, body: string, refusals: Refusals): Promise<Result> {
  for (;;) {
    const answer = await connection.post(body);
    const result = resultOf(answer);
    if (result) return result;
    refusals.count++;
    // Not all at once.
    await delay((answer.retryAfterMs ?? RETRY_MS) * (0.5 + Math.random()));
  }
}

/** Reads an answer; undefined when it says to come again. Throws when it is an error. */
function resultOf({ status, body }: Answer): Result | undefined {
  if (status === 429 || status === 503) return undefined;
  const { data, errors } = JSON.parse(body) as Body;
  const result = data && Object.values(data)[0];
  if (result && !errors) return result;
  if (errors?.some(({ extensions }) => LATER.has(extensions?.code ?? ''))) return undefined;
  throw new Error(`HTTP ${status}: ${body.slice(0, 200)}`);
}
