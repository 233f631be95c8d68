import type { Change } from '../infra/live/hub.ts';
import { step } from '../infra/step.ts';
import { advanceOrders } from './sql/advance.ts';
import { type Placed, type PlaceRequest, placeOrders } from './sql/place.ts';
import { receive } from './sql/receive.ts';
import { type Settled, settleOrders } from './sql/settle.ts';

const ofOrder = (orderId: string, version: number): Change => ({ topic: `order:${orderId}`, version });
const ofProducts = (products: Placed['products']): Change[] =>
  products.map(({ id, version }) => ({ topic: `product:${id}`, version }));

/** Places the order and reserves its stock, all of it or none; without stock the order is kept as cancelled. */
export const placeOrder = step(
  'placeOrder',
  async (tx, request: PlaceRequest): Promise<Placed & { orderId: string }> => {
    const [placed] = await placeOrders(tx, [request]);
    return { ...placed!, orderId: request.orderId };
  },
  ({ orderId, version, products }) => [ofOrder(orderId, version), ...ofProducts(products)],
);

/** Acts on what has been reported about the order, or expires it when its time is over; else changes nothing. */
export const settleOrder = step(
  'settleOrder',
  async (tx, orderId: string): Promise<Settled & { orderId: string }> => {
    const [settled] = await settleOrders(tx, [orderId]);
    return { ...settled!, orderId };
  },
  ({ orderId, version, products }) => [ofOrder(orderId, version), ...ofProducts(products)],
);

/** Advances the order's dispatch to a step; the last one makes it DISPATCHED. */
export const advanceDispatch = step(
  'advanceDispatch',
  async (tx, orderId: string, number: number) => {
    const [advanced] = await advanceOrders(tx, [{ orderId, step: number }]);
    return { ...advanced!, orderId };
  },
  ({ orderId, version }) => [ofOrder(orderId, version)],
);

/** Stores a report about an order, or settles it at once where no workflow waits for it: see `receive`. */
export const receiveReport = step('receiveReport', receive, (receipt) => {
  if (receipt?.result === 'QUEUED') return [{ topic: `inbox:${receipt.orderId}`, version: 0 }];
  if (receipt?.result !== 'SETTLED' || !receipt.settled) return [];
  return [ofOrder(receipt.orderId, receipt.settled.version), ...ofProducts(receipt.settled.products)];
});
