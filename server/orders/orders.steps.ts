import { currentDatabase, type Tx } from '../infra/database.ts';
import type { Change, Topic } from '../infra/live/hub.ts';
import { live } from '../infra/live/live.ts';
import { persistently } from '../infra/persistently.ts';
import { step } from '../infra/step.ts';
import { holds } from '../limits/holds.ts';
import { localInbox } from './orders.inbox.ts';
import { pace } from './orders.pace.ts';
import { advanceOrders, type DueStep } from './sql/advance.ts';
import { type Placed, placeOrders } from './sql/place.ts';
import { type Report, receive } from './sql/receive.ts';
import { orderAfter, type SettleItem, settleOrders } from './sql/settle.ts';

type Products = Placed['products'];

/** What is told of when an order changes. */
export const topicOf = (orderId: string): Topic => `order:${orderId}`;

/** What an order's step has changed. */
export const changesOf = (
  orderId: string,
  { version, products }: { version: number; products?: Products },
): Change[] => [
  { topic: topicOf(orderId), version },
  ...(products ?? []).map(({ id, version }): Change => ({ topic: `product:${id}`, version })),
];

/** Places the order and reserves its stock, all of it or none; without stock the order is kept as cancelled. */
export const placeOrder = step('placeOrder', placeOrders, {
  changes: ({ orderId }, placed) => changesOf(orderId, placed),
});

const settle = step('settleOrder', settleOrders, {
  changes: ({ orderId }, settled) => changesOf(orderId, settled),
});

/**
 * Acts on what has been reported about the order, or expires it when its time is over; else changes nothing. Those
 * who handed their reports over are answered once it is committed. When this is the replay of a settling that was
 * recorded before, it knew nothing of these reports: they are given up, and stored by their senders.
 */
export async function settleOrder(item: SettleItem): ReturnType<typeof settle> {
  try {
    const settled = await settle(item);
    const outcomes = new Map(settled.answers?.map(({ id, outcome }) => [id, outcome]));
    const order = await orderAfter(settled, item.orderId);
    for (const { id } of item.reports) {
      const outcome = outcomes.get(id);
      localInbox.answer(id, outcome ? { outcome, order } : null);
    }
    if (settled.status !== 'PENDING') {
      localInbox.close(item.orderId);
      holds.release(item.orderId);
    }
    return settled;
  } catch (error) {
    for (const { id } of item.reports) localInbox.giveUp(id);
    localInbox.close(item.orderId);
    throw error;
  }
}

/**
 * Advances dispatches to a step each, and notes how late that is; the last step makes an order DISPATCHED. With one statement,
 * that may be repeated: the orders' progress is the record of it. `due`: since when, Unix milliseconds by the database's clock.
 */
export function advanceInTime(tx: Tx, steps: readonly (DueStep & { due: number })[]): ReturnType<typeof advanceOrders> {
  pace.note(live.databaseNow() - Math.min(...steps.map(({ due }) => due)));
  return advanceOrders(tx, steps);
}

/** Stores a report about an order, or settles it at once where no workflow waits for it: see `receive`. */
export async function receiveReport(report: Report): ReturnType<typeof receive> {
  const receipt = await persistently('receiveReport', () =>
    currentDatabase().$transaction((tx) => receive(tx, report)),
  );
  if (receipt?.result === 'QUEUED') live.announce([{ topic: `inbox:${report.orderId}`, version: 0 }]);
  if (receipt?.result === 'SETTLED' && receipt.settled) {
    holds.release(report.orderId);
    live.announce(changesOf(report.orderId, receipt.settled));
  }
  return receipt;
}
