import { DBOS } from '@dbos-inc/dbos-sdk';
import {
  createOrder,
  reserveInventory,
  undoReserveInventory,
  updateOrderProgress,
  updateOrderStatus,
} from './steps.ts';

export const PAYMENT_STATUS = 'payment_status';
export const PAYMENT_ID = 'payment_id';
export const ORDER_ID = 'order_id';
const PAYMENT_WINDOW_SECONDS = 60;
const DISPATCH_STEPS = 10;

/**
 * The checkout as tutorials of durable execution write it: every operation a step of its own, events for the
 * endpoints, a message for the payment, and a child workflow for the dispatch.
 */
export const checkout = DBOS.registerWorkflow(
  async (productId: number, dispatchStepMs: number): Promise<void> => {
    const order = await createOrder();
    const reserved = await reserveInventory(productId);
    if (!order || !reserved) {
      if (order) await updateOrderStatus(order.id, 'CANCELLED');
      await DBOS.setEvent(PAYMENT_ID, '');
      return;
    }
    await DBOS.setEvent(PAYMENT_ID, DBOS.workflowID);

    const status = await DBOS.recv<string>(PAYMENT_STATUS, PAYMENT_WINDOW_SECONDS);
    if (status === 'PAID') {
      await updateOrderStatus(order.id, 'PAID');
      await DBOS.startWorkflow(dispatch)(order.id, dispatchStepMs);
    } else {
      await undoReserveInventory(productId);
      await updateOrderStatus(order.id, 'CANCELLED');
    }
    await DBOS.setEvent(ORDER_ID, order.id);
  },
  { name: 'checkout' },
);

const dispatch = DBOS.registerWorkflow(
  async (orderId: number, stepMs: number): Promise<void> => {
    for (let step = 1; step <= DISPATCH_STEPS; step++) {
      await DBOS.sleep(stepMs);
      await updateOrderProgress(orderId);
    }
  },
  { name: 'dispatch' },
);
