import type PrismaTypes from '../generated/pothos.ts';
import { builder } from '../graphql/builder.ts';
import { localId } from '../graphql/ids.ts';
import { besideCursor, checkPage } from '../graphql/paging.ts';
import { MoneyType } from '../graphql/scalars.ts';
import { currentDatabase } from '../infra/database.ts';
import { standingAt } from './orders.queries.ts';

const OrderStatus = builder.enumType('OrderStatus', {
  description: 'Where an order stands.',
  values: {
    PENDING: { description: 'Its stock is reserved; it waits for payment until `payBy`.' },
    PAID: { description: 'Paid for, and being dispatched.' },
    DISPATCHED: { description: 'On its way.' },
    CANCELLED: { description: 'Given up, for the reason in `cancelReason`; its stock is given back.' },
  } as const,
});

const CancelReason = builder.enumType('CancelReason', {
  description: 'Why an order was cancelled.',
  values: {
    OUT_OF_STOCK: { description: 'There was too little stock when it was placed.' },
    PAYMENT_FAILED: { description: 'The payment failed for good.' },
    PAYMENT_TIMEOUT: { description: 'It was not paid by `payBy`.' },
    REQUESTED: { description: 'By `cancelOrder`.' },
  } as const,
});

const PaymentStatus = builder.enumType('PaymentStatus', {
  description: 'Where a payment stands.',
  values: {
    PENDING: { description: 'Can be paid, also after it was declined.' },
    SUCCEEDED: { description: 'Captured.' },
    FAILED: { description: 'Failed for good.' },
    EXPIRED: { description: 'Its order was cancelled before it was paid.' },
    REFUNDED: { description: 'Came after its order was cancelled, and was given back.' },
  } as const,
});

const OrderEventType = builder.enumType('OrderEventType', {
  description: 'What happened to an order.',
  values: {
    CREATED: { description: 'It was placed.' },
    RESERVED: { description: 'Its stock was reserved.' },
    PAYMENT_DECLINED: { description: 'A payment was declined; it can be tried again.' },
    PAID: { description: 'It was paid.' },
    PROGRESSED: { description: 'Its dispatch advanced by one step.' },
    DISPATCHED: { description: 'The last step of its dispatch was done.' },
    CANCELLED: { description: 'It was cancelled, and its stock given back.' },
    REFUNDED: { description: 'Money that came after it was cancelled was given back.' },
  } as const,
});

const Progress = builder.objectRef<{ done: number; total: number }>('Progress').implement({
  description: 'How far a dispatch is.',
  fields: (t) => ({
    done: t.exposeInt('done', { description: 'Steps done.' }),
    total: t.exposeInt('total', { description: 'Steps in all.' }),
  }),
});

builder.prismaObject('OrderLine', {
  description: 'What is bought of one product; frozen at checkout.',
  fields: (t) => ({
    product: t.relation('product', { description: 'The product as it is now.' }),
    sku: t.exposeString('sku', { description: "The product's SKU at checkout." }),
    name: t.exposeString('name', { description: "The product's name at checkout." }),
    quantity: t.exposeInt('quantity', { description: 'Units.' }),
    unitPrice: t.field({
      type: MoneyType,
      description: 'Of one unit, at checkout.',
      resolve: ({ unitPriceMinor, currency }) => ({ minor: unitPriceMinor, currency }),
    }),
    total: t.field({
      type: MoneyType,
      description: 'Unit price times quantity.',
      resolve: (line) => ({ minor: line.unitPriceMinor * BigInt(line.quantity), currency: line.currency }),
    }),
  }),
});

type OrderRow = PrismaTypes['Order']['Shape'];

/** The payment of an order: a node of its own, told by the order's row. */
const Payment = builder.objectRef<OrderRow>('Payment');
builder.node(Payment, {
  description: 'The one payment of an order.',
  id: {
    resolve: (order) => order.paymentId,
    description: "Global id; not the checkout's key, and neither can be guessed from the other.",
  },
  // With the plugin's cache, one that is asked for twice would be told before it is known what type it has.
  loadManyWithoutCache: async (paymentIds) => {
    const orders = await currentDatabase().order.findMany({ where: { paymentId: { in: paymentIds } } });
    return paymentIds.map((id) => orders.find(({ paymentId }) => paymentId === id) ?? null);
  },
  fields: (t) => ({
    status: t.expose('paymentStatus', { type: PaymentStatus, description: 'Where it stands.' }),
    amount: t.field({
      type: MoneyType,
      description: "The order's total.",
      resolve: ({ totalMinor, currency }) => ({ minor: totalMinor, currency }),
    }),
    attempts: t.exposeInt('paymentAttempts', { description: 'Outcomes reported that took effect.' }),
  }),
});

/** What happened to an order, one for each of its versions. */
export const OrderEvent = builder.prismaObject('OrderEvent', {
  description: 'What happened to an order, one for each of its versions.',
  fields: (t) => ({
    version: t.exposeInt('version', { description: 'The version that this made; the first is 1.' }),
    type: t.expose('type', { type: OrderEventType, description: 'What happened.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    status: t.expose('status', { type: OrderStatus, description: 'The status as this version had it.' }),
    progress: t.field({
      type: Progress,
      description: 'The progress as this version had it.',
      resolve: ({ progress, steps }) => ({ done: progress, total: steps }),
    }),
    order: t.relation('order', { description: 'The order as it is now.' }),
  }),
});

/** A purchase, from its checkout to its dispatch or its cancellation. */
export const Order = builder.prismaNode('Order', {
  description: 'A purchase, from its checkout to its dispatch or its cancellation.',
  id: { field: 'id', description: 'Global id. It cannot be guessed: who has it may see the order.' },
  nullable: true,
  fields: (t) => ({
    number: t.field({
      type: 'SafeInt',
      description: 'What people say aloud.',
      resolve: ({ number }) => Number(number),
    }),
    status: t.expose('status', { type: OrderStatus, description: 'Where it stands.' }),
    cancelReason: t.expose('cancelReason', {
      type: CancelReason,
      nullable: true,
      description: 'Why it was cancelled; null unless it is.',
    }),
    lines: t.relation('lines', {
      description: 'What is bought.',
      query: { orderBy: { position: 'asc' } },
      extensions: { listSize: 5 },
    }),
    total: t.field({
      type: MoneyType,
      description: 'What is to be paid.',
      resolve: ({ totalMinor, currency }) => ({ minor: totalMinor, currency }),
    }),
    payment: t.field({ type: Payment, description: 'Its payment.', resolve: (order) => order }),
    payBy: t.expose('payBy', { type: 'DateTime', description: "The reservation's end." }),
    progress: t.field({
      type: Progress,
      description: 'How far the dispatch is.',
      resolve: ({ progress, dispatchSteps }) => ({ done: progress, total: dispatchSteps }),
    }),
    version: t.exposeInt('version', { description: 'Grows by one with every change of the order.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was placed.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    events: t.relation('events', {
      description: 'Its whole history, oldest first.',
      query: { orderBy: { version: 'asc' } },
    }),
  }),
});

builder.queryField('order', (t) =>
  t.prismaField({
    type: Order,
    nullable: true,
    description: 'An order by its id; null where there is none.',
    args: { id: t.arg.id({ description: 'Global id of the order.' }) },
    resolve: (query, _root, args) => {
      const id = localId('Order', args.id);
      return id === undefined ? null : currentDatabase().order.findUnique({ ...query, where: { id } });
    },
  }),
);

const OrderFilter = builder.inputType('OrderFilter', {
  description: 'Which orders to list.',
  fields: (t) => ({
    status: t.field({ type: [OrderStatus], required: false, description: 'Only orders that stand at one of these.' }),
  }),
});

builder.queryField('orders', (t) =>
  t.prismaConnection(
    {
      type: Order,
      cursor: 'number',
      defaultSize: 20,
      maxSize: 100,
      authScopes: { operator: true },
      description: 'All orders, newest first; pages of 20 unless told, 100 at most. For operators.',
      args: { filter: t.arg({ type: OrderFilter, required: false, description: 'Which orders; all unless told.' }) },
      resolve: (query, _root, { filter, ...args }) => {
        checkPage(args, 'BigInt');
        const { where: beside, ...page } = besideCursor(query, 'number', 'desc');
        const where = filter?.status ? { AND: [beside, standingAt(filter.status)] } : beside;
        return currentDatabase().order.findMany({ ...page, where });
      },
    },
    { name: 'OrderConnection', description: 'A page of orders.' },
    { name: 'OrderEdge', description: 'An order, where it stands in the list.' },
  ),
);
