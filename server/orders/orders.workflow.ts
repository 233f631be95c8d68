import { DBOS } from '@dbos-inc/dbos-sdk';
import { dispatch } from './dispatch.steps.ts';
import { placeOrder, settleOrder } from './orders.steps.ts';
import { untilReportedOr } from './orders.waits.ts';
import type { PlaceRequest } from './sql/place.ts';

/** All that an order depends on, recorded with its workflow: a later change of the configuration does not reach it. */
export type CheckoutRequest = PlaceRequest & Readonly<{ dispatchStepMs: number }>;

/**
 * The life of an order. Each step is recorded in the transaction that does it; after a crash, the recorded ones
 * are not done again, and the order goes on where it was. The waits leave no trace: they end by what the steps
 * recorded, `payBy` and `paidAt`, and by what the order's inbox holds.
 */
async function checkout(request: CheckoutRequest): Promise<'DISPATCHED' | 'CANCELLED'> {
  const { orderId, dispatchSteps, dispatchStepMs } = request;

  const placed = await placeOrder(request);
  if (placed.status === 'CANCELLED') return 'CANCELLED';

  let order: Awaited<ReturnType<typeof settleOrder>>;
  do {
    const reports = await untilReportedOr(placed.payBy, request);
    order = await settleOrder({ orderId, reports });
  } while (order.status === 'PENDING');
  if (order.status === 'CANCELLED' || order.paidAt === null) return 'CANCELLED';

  await dispatch({ orderId, paidAt: order.paidAt, steps: dispatchSteps, stepMs: dispatchStepMs });
  return 'DISPATCHED';
}

export const checkoutWorkflow = DBOS.registerWorkflow(checkout, {
  name: 'checkout',
  // The engine would give an order up after its process has died a hundred times, as it does in minutes that crash in a loop.
  maxRecoveryAttempts: Number.MAX_SAFE_INTEGER,
});
