import type { CancelReason, OrderEventType, OrderStatus, PaymentStatus } from '../gql/graphql.ts';

/** What each status is called in a list. */
export const STATUS: Record<OrderStatus, string> = {
  PENDING: 'Waiting for payment',
  PAID: 'Being dispatched',
  DISPATCHED: 'Dispatched',
  CANCELLED: 'Cancelled',
};

const REASON: Record<CancelReason, string> = {
  OUT_OF_STOCK: 'There was not enough stock left.',
  PAYMENT_FAILED: 'The payment failed.',
  PAYMENT_TIMEOUT: 'The payment did not arrive in time.',
  REQUESTED: 'It was cancelled on request.',
};

/** How a payment stands. */
export const PAYMENT: Record<PaymentStatus, string> = {
  PENDING: 'not paid yet',
  SUCCEEDED: 'paid',
  FAILED: 'failed',
  EXPIRED: 'not charged',
  REFUNDED: 'returned to you',
};

const EVENT: Record<OrderEventType, string> = {
  CREATED: 'Order placed',
  RESERVED: 'Pieces set aside for you',
  PAYMENT_DECLINED: 'Payment declined',
  PAID: 'Payment received',
  PROGRESSED: 'Dispatch in progress',
  DISPATCHED: 'Dispatched',
  CANCELLED: 'Order cancelled',
  REFUNDED: 'Money returned',
};

type Told = { status: OrderStatus; cancelReason?: CancelReason | null; payment: { status: PaymentStatus } };

/** Tells in one or two sentences where an order stands. */
export function story({ status, cancelReason, payment }: Told): string {
  if (status === 'PENDING') return 'Your pieces are set aside. They are yours once you have paid.';
  if (status === 'PAID') return 'Your payment has arrived. The order is being dispatched right now.';
  if (status === 'DISPATCHED') return 'Everything is on its way to you. Thank you!';
  const money = payment.status === 'REFUNDED' ? 'Your money was returned.' : 'Nothing was charged.';
  return `${cancelReason ? `${REASON[cancelReason]} ` : ''}${money}`;
}

type Event = { type: OrderEventType; progress: { done: number; total: number } };

/** Says what happened. */
export function eventWords({ type, progress }: Event): string {
  return type === 'PROGRESSED' ? `Dispatch: step ${progress.done} of ${progress.total} done` : EVENT[type];
}
