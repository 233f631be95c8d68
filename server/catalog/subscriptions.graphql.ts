import { GraphQLError } from 'graphql';
import { builder } from '../graphql/builder.ts';
import { badInput, productNumber } from '../graphql/ids.ts';
import { inventoryOf } from './catalog.events.ts';
import { Product } from './catalog.graphql.ts';
import { existingProducts } from './catalog.queries.ts';

const MAX_WATCHED = 100;

builder.subscriptionField('inventoryChanged', (t) =>
  t.field({
    type: Product,
    description:
      'Products as they are now, then the newest state of each whenever it has changed, with growing versions.',
    args: {
      productIds: t.arg.idList({
        required: false,
        description: `Global ids of the products to watch, ${MAX_WATCHED} at most; every product unless told.`,
      }),
    },
    subscribe: async (_root, { productIds }) => {
      if (!productIds) return inventoryOf(null);
      if (productIds.length > MAX_WATCHED) throw badInput(`At most ${MAX_WATCHED} products can be watched by id.`);
      const ids = productIds.map(productNumber).filter((id) => id !== undefined);
      const existing = await existingProducts(ids);
      if (ids.length < productIds.length || ids.some((id) => !existing.has(id)))
        throw new GraphQLError('There is no such product.', { extensions: { code: 'NOT_FOUND' } });
      return inventoryOf(ids);
    },
    resolve: (product) => product,
  }),
);
