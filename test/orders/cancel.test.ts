import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const { client } = useApp();

async function newOrder(key: string) {
  const { id: productId } = await client.product('WIDGET');
  return (await client.checkout(key, [{ productId, quantity: 2 }])).order!;
}

test('cancelling gives the stock back', async () => {
  const before = await client.product('WIDGET');
  const order = await newOrder('stock');
  const { __typename, order: cancelled } = await client.cancel(order.id);
  expect(__typename).toBe('CancelOrderSuccess');
  expect(cancelled).toMatchObject({
    status: 'CANCELLED',
    cancelReason: 'REQUESTED',
    version: 3,
    payment: { status: 'EXPIRED', attempts: 0 },
  });
  expect(cancelled!.events.at(-1)).toMatchObject({ version: 3, type: 'CANCELLED', status: 'CANCELLED' });
  expect(await client.product('WIDGET')).toMatchObject({
    inventory: before.inventory,
    version: before.version + 2,
  });
});

test('cancelling twice, or eight times at once, is cancelling once', async () => {
  const before = await client.product('WIDGET');
  const order = await newOrder('eight');
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.cancel(order.id)));
  answers.push(await client.cancel(order.id));
  for (const answer of answers)
    expect(answer).toMatchObject({ __typename: 'CancelOrderSuccess', order: { status: 'CANCELLED', version: 3 } });
  expect((await client.product('WIDGET')).inventory).toBe(before.inventory);
});

test('what is paid cannot be cancelled', async () => {
  const order = await newOrder('paid');
  await client.pay(order.payment.id, 'PAID');
  const answer = await client.cancel(order.id);
  expect(answer).toMatchObject({ __typename: 'OrderStateError', order: { id: order.id, cancelReason: null } });
});

test('an order that was cancelled for another reason keeps that reason', async () => {
  const order = await newOrder('failed');
  await client.pay(order.payment.id, 'FAILED');
  expect(await client.cancel(order.id)).toMatchObject({
    __typename: 'OrderStateError',
    order: { status: 'CANCELLED', cancelReason: 'PAYMENT_FAILED' },
  });
});

test('of a payment and a cancellation at once one comes first, and the money is kept or given back', async () => {
  for (let i = 0; i < 5; i++) {
    const order = await newOrder(`race ${i}`);
    await Promise.all([client.pay(order.payment.id, 'PAID'), client.cancel(order.id)]);
    const { status, payment } = (await client.order(order.id))!;
    expect([`CANCELLED REFUNDED`, `PAID SUCCEEDED`, `DISPATCHED SUCCEEDED`]).toContain(`${status} ${payment.status}`);
  }
});
