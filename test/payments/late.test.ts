import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const store = useApp({ env: { PAYMENT_WINDOW_SECONDS: '0.3' } });
const { client } = store;

async function expiredOrder(key: string) {
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout(key, [{ productId, quantity: 2 }]);
  return eventually('expired', async () => {
    const now = (await client.order(order!.id))!;
    return now.status === 'CANCELLED' && now;
  });
}

test('an order that is not paid in time is cancelled, and its stock given back', async () => {
  const before = await client.product('WIDGET');
  const order = await expiredOrder('expired');
  expect(order).toMatchObject({
    cancelReason: 'PAYMENT_TIMEOUT',
    version: 3,
    payment: { status: 'EXPIRED', attempts: 0 },
  });
  expect(order.events.at(-1)).toMatchObject({ version: 3, type: 'CANCELLED', status: 'CANCELLED' });
  expect(Date.parse(order.updatedAt)).toBeGreaterThanOrEqual(Date.parse(order.payBy));
  expect((await client.product('WIDGET')).inventory).toBe(before.inventory);
});

test('money that comes too late is refunded, once however often it is reported', async () => {
  const order = await expiredOrder('late');
  const answers = await Promise.all([1, 2, 3].map(() => client.pay(order.payment.id, 'PAID')));
  answers.push(await client.pay(order.payment.id, 'PAID', 'with a key'));
  for (const answer of answers)
    expect(answer).toMatchObject({
      __typename: 'SubmitPaymentSuccess',
      order: { status: 'CANCELLED', version: 4, payment: { status: 'REFUNDED', attempts: 1 } },
    });
  const { events } = (await client.order(order.id))!;
  expect(events.map(({ type }) => type)).toEqual(['CREATED', 'RESERVED', 'CANCELLED', 'REFUNDED']);
  expect(events.at(-1)).toMatchObject({ version: 4, status: 'CANCELLED' });
});

test.each(['DECLINED', 'FAILED'] as const)('%s after the end contradicts it', async (outcome) => {
  const order = await expiredOrder(`late ${outcome}`);
  expect(await client.pay(order.payment.id, outcome)).toMatchObject({
    __typename: 'OrderStateError',
    order: { version: 3, cancelReason: 'PAYMENT_TIMEOUT', payment: { status: 'EXPIRED' } },
  });
});

test('money for an order that was refused for lack of stock is refunded', async () => {
  const { id: productId } = await client.product('GADGET');
  const { order } = await client.checkout('short', [{ productId, quantity: 1000 }]);
  expect(await client.pay(order!.payment.id, 'PAID')).toMatchObject({
    __typename: 'SubmitPaymentSuccess',
    order: { cancelReason: 'OUT_OF_STOCK', version: 3, payment: { status: 'REFUNDED' } },
  });
});

test('an order may be paid for the window of its configuration, from its checkout on', async () => {
  const order = await expiredOrder('promise');
  expect(Date.parse(order.payBy) - Date.parse(order.createdAt)).toBe(300);
});
