import { keyProblem } from '../domain/key.ts';
import type { SignalKind } from '../domain/order.ts';
import { report } from '../orders/orders.commands.ts';
import { localInbox } from '../orders/orders.inbox.ts';
import { type LoadedOrder, orderOfPayment } from '../orders/orders.loader.ts';

export type PaymentAnswer =
  | Readonly<{ type: 'SETTLED' | 'CONTRADICTED'; orderId: string; order: LoadedOrder | undefined }>
  | Readonly<{ type: 'NOT_FOUND' }>
  | Readonly<{ type: 'INVALID_KEY'; message: string }>;

/**
 * Takes a payment provider's report of an outcome, and answers once it has taken effect: SETTLED also for money
 * that came too late and was refunded, and for what was so already. `key`: the provider's idempotency key.
 */
export async function submitPayment(
  paymentId: string,
  outcome: Exclude<SignalKind, 'CANCEL'>,
  key: string | undefined,
): Promise<PaymentAnswer> {
  const wrongKey = key !== undefined && keyProblem(key);
  if (wrongKey) return { type: 'INVALID_KEY', message: wrongKey };
  const orderId = localInbox.orderOf(paymentId) ?? (await orderOfPayment(paymentId));
  if (orderId === null) return { type: 'NOT_FOUND' };
  const became = await report(orderId, outcome, key);
  if (became === undefined) return { type: 'NOT_FOUND' };
  const { outcome: effect, order } = became;
  if (effect === 'CONFLICT') return { type: 'INVALID_KEY', message: 'The key was used for another report.' };
  return { type: effect === 'REJECTED' ? 'CONTRADICTED' : 'SETTLED', orderId, order };
}
