import { Product } from '../catalog/catalog.graphql.ts';
import type { Line } from '../domain/checkout.ts';
import { builder } from '../graphql/builder.ts';
import {
  type Conflict,
  conflict,
  IdempotencyConflictError,
  type InvalidInput,
  InvalidInputError,
  invalidInput,
  type NotFound,
  NotFoundError,
  notFound,
  type Tagged,
  UserError,
} from '../graphql/errors.ts';
import { localId, productNumber } from '../graphql/ids.ts';
import { currentDatabase } from '../infra/database.ts';
import { checkOutWithinQuota } from './checkout.quota.ts';
import { report } from './orders.commands.ts';
import { Order } from './orders.graphql.ts';
import { type LoadedOrder, loadOrder } from './orders.loader.ts';
import { type RefusedOrder, refusedOrder } from './orders.queries.ts';

/** What a result says of its order. `order`: as it was when the result was committed, where that was read with it. */
export type OfOrder = { orderId: string; order?: LoadedOrder | undefined };

/** The field `order` of a result: the order as it is once the result is known. */
export const orderOfResult = (description: string) => ({
  type: Order,
  description,
  resolve: ({ orderId, order }: OfOrder) => order ?? loadOrder(orderId),
});

type CheckoutSuccess = Tagged<'CheckoutSuccess', OfOrder & { replayed: boolean }>;
const CheckoutSuccess = builder.objectRef<CheckoutSuccess>('CheckoutSuccess').implement({
  description: 'The order is placed and its stock reserved.',
  fields: (t) => ({
    order: t.field(orderOfResult('The order.')),
    replayed: t.exposeBoolean('replayed', { description: 'Whether this key had been answered before.' }),
  }),
});

type InsufficientStock = Tagged<'InsufficientStockError', RefusedOrder & { message: string }>;
const InsufficientStockError = builder.objectRef<InsufficientStock>('InsufficientStockError').implement({
  description: 'There was too little stock. The order was kept, as cancelled; nothing was reserved.',
  interfaces: [UserError],
  fields: (t) => ({
    product: t.prismaField({
      type: Product,
      description: 'The product that was short, as it is now.',
      resolve: (query, { productId: id }) => currentDatabase().product.findUniqueOrThrow({ ...query, where: { id } }),
    }),
    requested: t.exposeInt('requested', { description: 'Units asked for.' }),
    available: t.exposeInt('available', { description: 'Units there were.' }),
    order: t.field(orderOfResult('The order, cancelled.')),
  }),
});

type OrderState = Tagged<'OrderStateError', OfOrder & { message: string }>;
export const OrderStateError = builder.objectRef<OrderState>('OrderStateError').implement({
  description: "Not possible in the order's state. Nothing was changed.",
  interfaces: [UserError],
  fields: (t) => ({
    order: t.field(orderOfResult('The order as it is.')),
  }),
});

/** Makes an OrderStateError. */
export const orderState = ({ orderId, order }: OfOrder, message: string): OrderState => ({
  __typename: 'OrderStateError',
  message,
  orderId,
  order,
});

const LineInput = builder.inputType('LineInput', {
  description: 'Units of one product. Lines for the same product are added up.',
  fields: (t) => ({
    productId: t.id({ description: 'Global id of the product.' }),
    quantity: t.int({ defaultValue: 1, description: 'Units: 1 to `maxPerOrder` of the product.' }),
  }),
});

const CheckoutInput = builder.inputType('CheckoutInput', {
  description: 'What to buy.',
  fields: (t) => ({
    idempotencyKey: t.string({
      description:
        'Made once for each intent to buy: 16 to 255 characters that nobody can guess, such as a random UUID. The same ' +
        'key with the same lines gets the same order, however often it is sent. Keys that are sent with a token are the ' +
        "token's own.",
    }),
    lines: t.field({ type: [LineInput], description: '1 to 50 lines.' }),
  }),
});

const CheckoutResult = builder.unionType('CheckoutResult', {
  description: 'What came of a checkout.',
  types: [CheckoutSuccess, InsufficientStockError, IdempotencyConflictError, InvalidInputError],
});

builder.mutationField('checkout', (t) =>
  t.field({
    type: CheckoutResult,
    description: 'Places an order and reserves its stock until `payBy`.',
    args: { input: t.arg({ type: CheckoutInput, description: 'What to buy.' }) },
    resolve: async (
      _root,
      { input },
      { caller, terms },
    ): Promise<CheckoutSuccess | InsufficientStock | Conflict | InvalidInput> => {
      const lines: Line[] = [];
      for (const [index, { productId: globalId, quantity }] of input.lines.entries()) {
        const productId = productNumber(globalId);
        if (productId === undefined)
          return invalidInput({ path: ['lines', String(index), 'productId'], message: 'This is no id of a product.' });
        lines.push({ productId, quantity });
      }
      const answer = await checkOutWithinQuota(
        caller,
        { scope: caller.scope, key: input.idempotencyKey, lines },
        terms,
      );
      switch (answer.type) {
        case 'INVALID':
          return invalidInput(answer.problem);
        case 'CONFLICT':
          return conflict();
        case 'PLACED':
          return {
            __typename: 'CheckoutSuccess',
            orderId: answer.orderId,
            replayed: answer.replayed,
            order: answer.order,
          };
        case 'OUT_OF_STOCK': {
          const refused = await refusedOrder(answer.orderId);
          const message = `Only ${refused.available} of ${refused.requested} are in stock.`;
          return { __typename: 'InsufficientStockError', message, ...refused };
        }
      }
    },
  }),
);

type CancelOrderSuccess = Tagged<'CancelOrderSuccess', OfOrder>;
const CancelOrderSuccess = builder.objectRef<CancelOrderSuccess>('CancelOrderSuccess').implement({
  description: 'The order is cancelled.',
  fields: (t) => ({
    order: t.field(orderOfResult('The order, cancelled.')),
  }),
});

const CancelOrderInput = builder.inputType('CancelOrderInput', {
  description: 'Which order to cancel.',
  fields: (t) => ({ orderId: t.id({ description: 'Global id of the order.' }) }),
});

const CancelOrderResult = builder.unionType('CancelOrderResult', {
  description: 'What came of cancelling.',
  types: [CancelOrderSuccess, NotFoundError, OrderStateError],
});

builder.mutationField('cancelOrder', (t) =>
  t.field({
    type: CancelOrderResult,
    description: 'Cancels an order that is not paid yet, and gives its stock back.',
    args: { input: t.arg({ type: CancelOrderInput, description: 'Which order.' }) },
    resolve: async (_root, { input }): Promise<CancelOrderSuccess | NotFound | OrderState> => {
      const orderId = localId('Order', input.orderId);
      const became = orderId === undefined ? undefined : await report(orderId, 'CANCEL');
      if (orderId === undefined || became === undefined) return notFound('order');
      const { outcome, order } = became;
      if (outcome === 'APPLIED' || outcome === 'DUPLICATE') return { __typename: 'CancelOrderSuccess', orderId, order };
      return orderState({ orderId, order }, 'Only an order that waits for payment can be cancelled.');
    },
  }),
);
