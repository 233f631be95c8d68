import { isFinal, type OrderStatus, type SignalOutcome } from '../domain/order.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { arrayOf, currentDatabase, query } from '../infra/database.ts';
import { Batcher } from '../infra/fast/batcher.ts';
import { reader } from '../infra/fast/current.ts';
import { persistently } from '../infra/persistently.ts';

const WITHOUT_NEWS = `
  SELECT id FROM orders WHERE id = ANY($1::uuid[]) AND status = 'PENDING'
    AND NOT EXISTS (SELECT FROM order_signals WHERE order_id = orders.id AND outcome IS NULL)`;

/** Every order that waits to be paid looks now and then, so that thousands may at the same moment. */
const news = new Batcher<string, boolean>(
  async (orderIds) => {
    const ask = () => query<{ id: string }>(reader(), WITHOUT_NEWS, arrayOf(orderIds));
    const without = new Set((await persistently('hasNews', ask)).map(({ id }) => id));
    return orderIds.map((orderId) => !without.has(orderId));
  },
  { max: () => 1_000, lingerMs: 5 },
);

/** Tells whether a pending order has something to settle. Waits for a database that is away. */
export function hasNews(orderId: string): Promise<boolean> {
  return news.add(orderId);
}

/** Selects orders by status. They are indexed by their stage: the few that are open are told apart by looking at them. */
export function standingAt(statuses: readonly OrderStatus[]): Prisma.OrderWhereInput {
  const stages = statuses.map((status) => (isFinal(status) ? status : 'OPEN'));
  return { stage: { in: [...new Set(stages)] }, status: { in: [...statuses] } };
}

/** What was answered to an idempotency key. */
export type KnownCheckout = Readonly<{ id: string; requestHash: string; outOfStock: boolean }>;

/** Finds the order that a key was used for, by the key's hash. */
export async function findByKey(keyHash: string): Promise<KnownCheckout | null> {
  const order = await currentDatabase().order.findUnique({
    where: { keyHash },
    select: { id: true, requestHash: true, cancelReason: true },
  });
  return order && { id: order.id, requestHash: order.requestHash, outOfStock: order.cancelReason === 'OUT_OF_STOCK' };
}

/** Tells what became of a signal; null while nothing has. */
export async function outcomeOf(signalId: string): Promise<SignalOutcome | null> {
  const row = await currentDatabase().orderSignal.findUnique({
    where: { id: BigInt(signalId) },
    select: { outcome: true },
  });
  return row?.outcome ?? null;
}

/** An order that was refused for lack of stock, with the first product that was short. */
export type RefusedOrder = Readonly<{ orderId: string; productId: number; requested: number; available: number }>;

/** Reads why an order was refused. Throws when it was not. */
export async function refusedOrder(orderId: string): Promise<RefusedOrder> {
  const { shortProductId, shortRequested, shortAvailable } = await currentDatabase().order.findUniqueOrThrow({
    where: { id: orderId },
    select: { shortProductId: true, shortRequested: true, shortAvailable: true },
  });
  if (shortProductId === null || shortRequested === null || shortAvailable === null)
    throw new Error(`Order ${orderId} was not refused.`);
  return { orderId, productId: shortProductId, requested: shortRequested, available: shortAvailable };
}
