import { cacheExchange } from '@urql/exchange-graphcache';
import { possibleTypes } from '../gql/graphql.ts';

const embedded = () => null;

/** Makes the normalised cache: every view of a product or an order shows the same, newest state. */
export function createCache() {
  return cacheExchange({
    possibleTypes,
    // It warns, in development, of every member of a union that an answer is not.
    logger: (severity, message) => message.includes('(Caused At: Inline Fragment') || console[severity](message),
    keys: Object.fromEntries(
      [
        'Money',
        'OrderLine',
        'OrderEvent',
        'Progress',
        'WorkflowStep',
        'Server',
        'Crash',
        'CheckoutSuccess',
        'SubmitPaymentSuccess',
        'CancelOrderSuccess',
        'RestockSuccess',
        'InsufficientStockError',
        'IdempotencyConflictError',
        'InvalidInputError',
        'NotFoundError',
        'OrderStateError',
      ].map((type) => [type, embedded]),
    ),
    resolvers: {
      Query: {
        // An order that a mutation or the list has brought is shown without asking again first.
        order: (_, { id }, cache) => {
          const key = { id: String(id) };
          const order = { __typename: 'Order', ...key };
          if (cache.resolve(order, 'id')) return order;
          // An answer of null stands; with none at all, undefined has the cache ask the server.
          return cache.resolve('Query', 'order', key) as string | null;
        },
      },
    },
  });
}
