import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const store = useApp();
const { client } = store;

async function newOrder(key: string) {
  const { id: productId } = await client.product('WIDGET');
  return (await client.checkout(key, [{ productId, quantity: 2 }])).order!;
}

test('a payment makes the order paid', async () => {
  const order = await newOrder('paid');
  const { __typename, order: paid } = await client.pay(order.payment.id, 'PAID');
  expect(__typename).toBe('SubmitPaymentSuccess');
  expect(paid!.payment).toMatchObject({ id: order.payment.id, status: 'SUCCEEDED', attempts: 1 });
  expect(paid!.events[2]).toMatchObject({ version: 3, type: 'PAID', status: 'PAID' });
});

test('a declined payment can be tried again', async () => {
  const order = await newOrder('declined');
  expect(await client.pay(order.payment.id, 'DECLINED')).toMatchObject({
    order: { status: 'PENDING', version: 3, payment: { status: 'PENDING', attempts: 1 } },
  });
  expect(await client.pay(order.payment.id, 'DECLINED')).toMatchObject({
    order: { version: 4, payment: { attempts: 2 } },
  });
  const { order: paid } = await client.pay(order.payment.id, 'PAID');
  expect(paid!.payment).toMatchObject({ status: 'SUCCEEDED', attempts: 3 });
  expect(paid!.events.slice(2, 5).map(({ type }) => type)).toEqual(['PAYMENT_DECLINED', 'PAYMENT_DECLINED', 'PAID']);
});

test('a failed payment cancels the order and gives the stock back', async () => {
  const before = await client.product('WIDGET');
  const order = await newOrder('failed');
  expect(await client.pay(order.payment.id, 'FAILED')).toMatchObject({
    __typename: 'SubmitPaymentSuccess',
    order: {
      status: 'CANCELLED',
      cancelReason: 'PAYMENT_FAILED',
      version: 3,
      payment: { status: 'FAILED', attempts: 1 },
    },
  });
  expect((await client.product('WIDGET')).inventory).toBe(before.inventory);
});

describe('a payment that is reported again', () => {
  test('is the same payment', async () => {
    const order = await newOrder('twice');
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.pay(order.payment.id, 'PAID')));
    for (const answer of answers)
      expect(answer).toMatchObject({ __typename: 'SubmitPaymentSuccess', order: { payment: { attempts: 1 } } });
    const { events } = (await client.order(order.id))!;
    expect(events.filter(({ type }) => type === 'PAID')).toHaveLength(1);
  });

  test('as declined with one key is one attempt', async () => {
    const order = await newOrder('declined twice');
    for (let i = 0; i < 3; i++)
      expect(await client.pay(order.payment.id, 'DECLINED', 'attempt 1')).toMatchObject({
        __typename: 'SubmitPaymentSuccess',
        order: { payment: { attempts: 1 } },
      });
    expect(await client.pay(order.payment.id, 'DECLINED', 'attempt 2')).toMatchObject({
      order: { payment: { attempts: 2 } },
    });
  });

  test('with its key is answered as before, also when the order has gone on', async () => {
    const order = await newOrder('declined, then paid');
    await client.pay(order.payment.id, 'DECLINED', 'the decline');
    await client.pay(order.payment.id, 'PAID', 'the payment');
    expect(await client.pay(order.payment.id, 'DECLINED', 'the decline')).toMatchObject({
      __typename: 'SubmitPaymentSuccess',
      order: { payment: { status: 'SUCCEEDED', attempts: 2 } },
    });
  });

  test('as failed is the same failure', async () => {
    const order = await newOrder('failed twice');
    await client.pay(order.payment.id, 'FAILED');
    expect(await client.pay(order.payment.id, 'FAILED')).toMatchObject({
      __typename: 'SubmitPaymentSuccess',
      order: { version: 3, payment: { attempts: 1 } },
    });
  });
});

describe('a report that contradicts what is settled is refused, and changes nothing', () => {
  test.each(['DECLINED', 'FAILED'] as const)('%s for what is paid', async (outcome) => {
    const order = await newOrder(`paid, then ${outcome}`);
    await client.pay(order.payment.id, 'PAID');
    expect(await client.pay(order.payment.id, outcome)).toMatchObject({
      __typename: 'OrderStateError',
      order: { cancelReason: null, payment: { status: 'SUCCEEDED', attempts: 1 } },
    });
  });

  test('DECLINED for what has failed', async () => {
    const order = await newOrder('failed, then declined');
    await client.pay(order.payment.id, 'FAILED');
    expect(await client.pay(order.payment.id, 'DECLINED')).toMatchObject({
      __typename: 'OrderStateError',
      order: { version: 3, payment: { status: 'FAILED' } },
    });
  });
});

describe("a provider's key that was used for another report is refused", () => {
  test('of the same payment', async () => {
    const order = await newOrder('two outcomes');
    await client.pay(order.payment.id, 'DECLINED', 'one key');
    expect(await client.pay(order.payment.id, 'PAID', 'one key')).toMatchObject({
      __typename: 'InvalidInputError',
      path: ['input', 'idempotencyKey'],
    });
    expect(await client.order(order.id)).toMatchObject({ status: 'PENDING', payment: { attempts: 1 } });
  });

  test('of another payment', async () => {
    const [first, second] = [await newOrder('first'), await newOrder('second')];
    await client.pay(first.payment.id, 'PAID', 'shared key');
    expect(await client.pay(second.payment.id, 'PAID', 'shared key')).toMatchObject({
      __typename: 'InvalidInputError',
    });
    expect(await client.order(second.id)).toMatchObject({ status: 'PENDING', payment: { attempts: 0 } });
  });

  test('of another payment that nobody has acted on yet', async () => {
    const [first, second] = [await newOrder('first, unheard'), await newOrder('second, heard')];
    const [, id] = atob(first.id).split(':');
    await store.sql(
      `INSERT INTO order_signals (order_id, kind, key, received_at) VALUES ($1::uuid, 'PAID', 'unheard', now())`,
      id,
    );
    expect(await client.pay(second.payment.id, 'PAID', 'unheard')).toMatchObject({ __typename: 'InvalidInputError' });
    expect(await client.order(second.id)).toMatchObject({ status: 'PENDING', payment: { attempts: 0 } });
  });
});
