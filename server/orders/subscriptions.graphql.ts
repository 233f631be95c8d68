import { GraphQLError } from 'graphql';
import { builder } from '../graphql/builder.ts';
import { localId } from '../graphql/ids.ts';
import { changedOrders, progressOf, versionOf } from './orders.events.ts';
import { Order, OrderEvent } from './orders.graphql.ts';

builder.subscriptionField('orderProgress', (t) =>
  t.field({
    type: OrderEvent,
    description:
      'The events of an order: from the one that made its current state on, or every event after `afterVersion`. In ' +
      'order, none lost, none twice; completes once it has told all of an order that is DISPATCHED or CANCELLED.',
    args: {
      orderId: t.arg.id({ description: 'Global id of the order. An unknown one is an error.' }),
      afterVersion: t.arg.int({ required: false, description: 'The last version that the reader has seen.' }),
    },
    subscribe: async (_root, args) => {
      const orderId = localId('Order', args.orderId);
      const version = orderId === undefined ? null : await versionOf(orderId);
      if (orderId === undefined || version === null)
        throw new GraphQLError('There is no such order.', { extensions: { code: 'NOT_FOUND' } });
      return progressOf(orderId, args.afterVersion ?? version - 1);
    },
    resolve: (event) => event,
  }),
);

builder.subscriptionField('ordersChanged', (t) =>
  t.field({
    type: Order,
    authScopes: { operator: true },
    description: 'The newest state of any order that changes, from now on. For operators.',
    subscribe: () => changedOrders(),
    resolve: (order) => order,
  }),
);
