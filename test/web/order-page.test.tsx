import { cleanup, render, screen, within } from '@testing-library/react';
import { Provider } from 'urql';
import { afterEach, expect, test, vi } from 'vitest';
import { createApiClient } from '../../web/src/api/client.ts';
import { awake } from '../../web/src/api/visibility.ts';
import { OrderListDocument } from '../../web/src/gql/graphql.ts';
import { OrderPage } from '../../web/src/orders/order-page.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const money = { __typename: 'Money', amount: '1.00', currencyCode: 'USD' };
const events = (['CREATED', 'RESERVED', 'PAID', 'PROGRESSED', 'PROGRESSED', 'DISPATCHED'] as const).map(
  (type, index) => ({
    __typename: 'OrderEvent',
    version: index + 1,
    type,
    at: '2026-01-01T12:00:00Z',
    status: index < 2 ? 'PENDING' : type === 'DISPATCHED' ? 'DISPATCHED' : 'PAID',
    progress: { __typename: 'Progress', done: Math.max(0, index - 2), total: 3 },
  }),
);
const cancelled = [
  ...events.slice(0, 2),
  { ...events[2]!, type: 'CANCELLED', status: 'CANCELLED' },
  { ...events[2]!, version: 4, type: 'REFUNDED', status: 'CANCELLED' },
];

/** An order as it was at a version, by its history. */
function orderAt(id: string, version: number, history: object[] = events) {
  const { status, progress } = history[version - 1] as (typeof events)[number];
  const payment = status === 'PENDING' ? 'PENDING' : status === 'CANCELLED' ? 'EXPIRED' : 'SUCCEEDED';
  return {
    __typename: 'Order',
    id,
    number: 7,
    version,
    status,
    progress,
    cancelReason: status === 'CANCELLED' ? 'PAYMENT_TIMEOUT' : null,
    total: money,
    payment: {
      __typename: 'Payment',
      id: `payment of ${id}`,
      status: version > 3 && status === 'CANCELLED' ? 'REFUNDED' : payment,
      attempts: 1,
      amount: money,
    },
    payBy: '2126-01-01T12:00:00Z',
    createdAt: '2026-01-01T12:00:00Z',
    updatedAt: '2026-01-01T12:00:00Z',
  };
}

const lines = [
  {
    __typename: 'OrderLine',
    sku: 'WIDGET',
    name: 'Widget',
    quantity: 1,
    unitPrice: money,
    total: money,
    product: { __typename: 'Product', id: 'p1', sku: 'WIDGET' },
  },
];
const pageAt = (id: string, version: number, history: object[] = events) => ({
  ...orderAt(id, version, history),
  lines,
  events: history.slice(0, version),
});

/** Shows an order by a store that answers as told. What is returned tells events as the stream does. */
function open(id: string, answers: { order: () => object; list?: () => object; stream?: () => Response }) {
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** What is told before the page has subscribed, which is some time after it shows the order. */
  const early: object[] = [];
  const tell = (data: object) => {
    if (!stream) early.push(data);
    else stream.enqueue(new TextEncoder().encode(`event: next\ndata: ${JSON.stringify({ data })}\n\n`));
  };
  vi.stubGlobal('fetch', async (_url: string, init?: RequestInit) => {
    const { operationName } = JSON.parse(String(init?.body ?? '{}')) as { operationName?: string };
    if (operationName === 'Order') return Response.json({ data: { order: answers.order() } });
    if (operationName === 'OrderList') return Response.json({ data: { orders: answers.list?.() } });
    if (operationName === 'Server') {
      const server = { __typename: 'Server', executorId: 'e', startedAt: '2026-01-01T12:00:00Z', demo: true };
      return Response.json({ data: { server } });
    }
    if (answers.stream) return answers.stream();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        stream = controller;
        for (const data of early.splice(0)) tell(data);
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const client = createApiClient();
  render(
    <Provider value={client}>
      <OrderPage id={id} />
    </Provider>,
  );
  return {
    client,
    tell: (version: number, order: number) =>
      tell({ orderProgress: { ...events[version - 1], order: orderAt(id, order) } }),
  };
}

const status = () => screen.getByTestId('status').textContent;
const history = () =>
  within(screen.getByTestId('history'))
    .getAllByRole('listitem')
    .map(({ dataset }) => dataset.type)
    .reverse();

test('an event that comes with a newer order does not get ahead of the history', async () => {
  const { tell } = open('o1', { order: () => pageAt('o1', 3) });
  await screen.findByText('Being dispatched');
  tell(4, 6);
  await expect.poll(history).toEqual(['CREATED', 'RESERVED', 'PAID', 'PROGRESSED']);
  expect(status()).toBe('Being dispatched');
  expect(screen.getByRole<HTMLProgressElement>('progressbar').value).toBe(1);
  tell(5, 6);
  tell(6, 6);
  await screen.findByText('Everything is on its way to you. Thank you!');
  expect(history()).toEqual(['CREATED', 'RESERVED', 'PAID', 'PROGRESSED', 'PROGRESSED', 'DISPATCHED']);
});

test('a newer state from another answer waits for its history, which is read when no stream brings it', async () => {
  let version = 3;
  const { client } = open('o2', {
    order: () => pageAt('o2', version, cancelled),
    list: () => ({
      __typename: 'OrderConnection',
      edges: [{ __typename: 'OrderEdge', node: { ...orderAt('o2', 4, cancelled), lines } }],
      pageInfo: { __typename: 'PageInfo', hasNextPage: false, endCursor: null },
    }),
  });
  await screen.findByText('The payment did not arrive in time. Nothing was charged.');
  version = 4;
  await client.query(OrderListDocument, { first: 1 }, { requestPolicy: 'network-only' });
  await screen.findByText('The payment did not arrive in time. Your money was returned.');
  expect(history()).toEqual(['CREATED', 'RESERVED', 'CANCELLED', 'REFUNDED']);
  expect(screen.getByTestId('payment').textContent).toBe('returned to you');
});

test('an order is read as often as its stream is refused', async () => {
  let version = 3;
  open('o5', {
    order: () => pageAt('o5', version),
    stream() {
      if (version < events.length) version++;
      const extensions = { code: 'RATE_LIMITED', retryable: true };
      const headers = { 'retry-after': '0' };
      return Response.json({ data: null, errors: [{ message: 'No.', extensions }] }, { status: 429, headers });
    },
  });
  await screen.findByText('Everything is on its way to you. Thank you!');
});

test('money that came for a cancelled order while nobody looked is told when the page wakes', async () => {
  let version = 3;
  open('o3', { order: () => pageAt('o3', version, cancelled) });
  await screen.findByText('The payment did not arrive in time. Nothing was charged.');
  version = 4;
  awake.set(false);
  awake.set(true);
  await screen.findByText('The payment did not arrive in time. Your money was returned.');
});

test('whoever comes back to an order sees it as it was left', async () => {
  let answered = 0;
  const order = () => {
    answered++;
    return pageAt('o4', 3);
  };
  const { tell } = open('o4', { order });
  await screen.findByText('Being dispatched');
  tell(4, 4);
  await expect.poll(history).toHaveLength(4);
  cleanup();
  open('o4', { order });
  await expect.poll(() => answered).toBe(2);
  await expect.poll(history).toHaveLength(4);
});
