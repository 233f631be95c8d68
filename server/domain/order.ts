export type OrderStatus = 'PENDING' | 'PAID' | 'DISPATCHED' | 'CANCELLED';
export type CancelReason = 'OUT_OF_STOCK' | 'PAYMENT_FAILED' | 'PAYMENT_TIMEOUT' | 'REQUESTED';
export type PaymentStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'EXPIRED' | 'REFUNDED';
export type OrderEventType =
  | 'CREATED'
  | 'RESERVED'
  | 'PAYMENT_DECLINED'
  | 'PAID'
  | 'PROGRESSED'
  | 'DISPATCHED'
  | 'CANCELLED'
  | 'REFUNDED';

/** What the outside world asks of an order: the outcome of a payment, or to cancel. */
export type SignalKind = 'PAID' | 'DECLINED' | 'FAILED' | 'CANCEL';

/** APPLIED: it took effect. DUPLICATE: it told what was so already. REJECTED: it contradicts what is settled. */
export type SignalOutcome = 'APPLIED' | 'DUPLICATE' | 'REJECTED';

/** An order as far as its transitions depend on it. */
export type OrderState = Readonly<{
  status: OrderStatus;
  cancelReason: CancelReason | null;
  payment: PaymentStatus;
  /** Outcomes of payment that took effect. */
  attempts: number;
  version: number;
}>;

/** A signal from the order's inbox. `late`: it arrived after `payBy`. */
export type Signal = Readonly<{ kind: SignalKind; late: boolean }>;

/** What one new version of an order tells. */
export type OrderChange = Readonly<{ version: number; type: OrderEventType; status: OrderStatus }>;

export type Settlement = Readonly<{
  order: OrderState;
  /** One for each version gained, oldest first. */
  changes: readonly OrderChange[];
  /** What became of each signal, in the order given. */
  outcomes: readonly SignalOutcome[];
}>;

/** Whether nothing but a refund can still happen to the order. */
export function isFinal(status: OrderStatus): status is 'DISPATCHED' | 'CANCELLED' {
  return status === 'DISPATCHED' || status === 'CANCELLED';
}

/**
 * Decides what an order becomes by the signals that have arrived, in order of arrival, and by its deadline.
 * `overdue`: `payBy` has passed. A signal that arrived in time counts even when it is looked at later, as after
 * a crash; money that arrives for a cancelled order is refunded.
 */
export function settle(order: OrderState, signals: readonly Signal[], overdue: boolean): Settlement {
  const changes: OrderChange[] = [];
  const move = (type: OrderEventType, to: Partial<OrderState>) => {
    order = { ...order, ...to, version: order.version + 1 };
    changes.push({ version: order.version, type, status: order.status });
  };
  const expire = () => move('CANCELLED', { status: 'CANCELLED', cancelReason: 'PAYMENT_TIMEOUT', payment: 'EXPIRED' });

  const outcomes = signals.map((signal): SignalOutcome => {
    if (order.status === 'PENDING' && signal.late) expire();
    const answer = answerTo(order, signal.kind);
    if (typeof answer === 'string') return answer;
    move(answer.type, answer.to);
    return 'APPLIED';
  });
  if (order.status === 'PENDING' && overdue) expire();
  return { order, changes, outcomes };
}

type Move = { type: OrderEventType; to: Partial<OrderState> };

function answerTo(order: OrderState, kind: SignalKind): Move | 'DUPLICATE' | 'REJECTED' {
  const attempts = order.attempts + 1;
  switch (order.status) {
    case 'PENDING':
      switch (kind) {
        case 'PAID':
          return { type: 'PAID', to: { status: 'PAID', payment: 'SUCCEEDED', attempts } };
        case 'DECLINED':
          return { type: 'PAYMENT_DECLINED', to: { attempts } };
        case 'FAILED':
          return {
            type: 'CANCELLED',
            to: { status: 'CANCELLED', cancelReason: 'PAYMENT_FAILED', payment: 'FAILED', attempts },
          };
        case 'CANCEL':
          return {
            type: 'CANCELLED',
            to: { status: 'CANCELLED', cancelReason: 'REQUESTED', payment: 'EXPIRED' },
          };
      }
      break;
    case 'PAID':
    case 'DISPATCHED':
      return kind === 'PAID' ? 'DUPLICATE' : 'REJECTED';
    case 'CANCELLED':
      if (kind === 'PAID')
        return order.payment === 'REFUNDED' ? 'DUPLICATE' : { type: 'REFUNDED', to: { payment: 'REFUNDED', attempts } };
      if (kind === 'FAILED') return order.payment === 'FAILED' ? 'DUPLICATE' : 'REJECTED';
      if (kind === 'CANCEL') return order.cancelReason === 'REQUESTED' ? 'DUPLICATE' : 'REJECTED';
      return 'REJECTED';
  }
}
