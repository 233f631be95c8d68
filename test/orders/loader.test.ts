import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { currentDatabase } from '../../server/infra/database.ts';
import { loadOrder } from '../../server/orders/orders.loader.ts';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { hashOfKey } from '../support/keys.ts';

const { client } = useApp();
const byPrisma = (id: string) => currentDatabase().order.findUniqueOrThrow({ where: { id } });

beforeAll(async () => {
  const { id: productId } = await client.product('WIDGET');
  await client.checkout('pending', [{ productId }]);
  await client.restock({ idempotencyKey: 'few', productId, level: { setTo: 1 } });
  await client.checkout('out of stock', [{ productId, quantity: 2 }]);
  const { order } = await client.checkout('dispatched', [{ productId }]);
  await client.pay(order!.payment.id, 'PAID');
  await eventually('dispatched', async () => (await client.order(order!.id))?.status === 'DISPATCHED');
});

test('an order is loaded exactly as the generated client loads it, whatever it has been through', async () => {
  const ids = await currentDatabase().order.findMany({ select: { id: true }, orderBy: { number: 'asc' } });
  const loaded = await Promise.all(ids.map(({ id }) => loadOrder(id)));
  expect(loaded.map(({ keyHash }) => keyHash)).toEqual(['pending', 'out of stock', 'dispatched'].map(hashOfKey));
  expect(loaded).toStrictEqual(await Promise.all(ids.map(({ id }) => byPrisma(id))));
});

test('an order that does not exist is refused, and those asked for with it are loaded', async () => {
  const { id } = await currentDatabase().order.findFirstOrThrow();
  const [found, missing] = await Promise.allSettled([loadOrder(id), loadOrder(randomUUID())]);
  expect(found).toMatchObject({ status: 'fulfilled', value: { id } });
  expect(missing).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('no order') } });
});
