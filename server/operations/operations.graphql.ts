import { Product } from '../catalog/catalog.graphql.ts';
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
} from '../graphql/errors.ts';
import { productNumber } from '../graphql/ids.ts';
import { currentDatabase } from '../infra/database.ts';
import { restock } from './restock.commands.ts';

type RestockSuccess = Tagged<'RestockSuccess', { productIds: readonly number[] }>;
const RestockSuccess = builder.objectRef<RestockSuccess>('RestockSuccess').implement({
  description: 'The stock is at the level asked for, or was when the key was first used.',
  fields: (t) => ({
    products: t.prismaField({
      type: [Product],
      description: 'The products restocked, as they are now.',
      extensions: { listSize: 100 },
      resolve: (query, { productIds }) =>
        currentDatabase().product.findMany({
          ...query,
          where: { id: { in: [...productIds] } },
          orderBy: { id: 'asc' },
        }),
    }),
  }),
});

const StockLevelInput = builder.inputType('StockLevelInput', {
  description: 'A level of stock: one of the two.',
  isOneOf: true,
  fields: (t) => ({
    setTo: t.int({ required: false, description: 'Have this many units: 0 or more.' }),
    add: t.int({ required: false, description: 'Have this many more: 1 or more.' }),
  }),
});

const RestockInput = builder.inputType('RestockInput', {
  description: 'What to restock.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: 'Made once for each intent to restock, 1 to 255 characters.' }),
    productId: t.id({ required: false, description: 'Global id of a product; every product unless told.' }),
    level: t.field({ type: StockLevelInput, defaultValue: { setTo: 100 }, description: 'Up to which level.' }),
  }),
});

const RestockResult = builder.unionType('RestockResult', {
  description: 'What came of restocking.',
  types: [RestockSuccess, NotFoundError, InvalidInputError, IdempotencyConflictError],
});

builder.mutationField('restock', (t) =>
  t.field({
    type: RestockResult,
    authScopes: { operator: true },
    description: 'Brings stock to a level, with an entry in the ledger for each change. For operators.',
    args: { input: t.arg({ type: RestockInput, description: 'What to restock.' }) },
    resolve: async (_root, { input }, { caller }): Promise<RestockSuccess | NotFound | InvalidInput | Conflict> => {
      const productId = input.productId == null ? null : productNumber(input.productId);
      if (productId === undefined) return notFound('product');
      const { setTo, add } = input.level;
      const level = setTo != null ? { setTo } : { add: add ?? 0 };
      const answer = await restock({ scope: caller.scope, key: input.idempotencyKey, productId, level });
      switch (answer.type) {
        case 'INVALID':
          return invalidInput(answer.problem);
        case 'CONFLICT':
          return conflict();
        case 'NOT_FOUND':
          return notFound('product');
        case 'RESTOCKED':
          return { __typename: 'RestockSuccess', productIds: answer.productIds };
      }
    },
  }),
);

const Server = builder.objectRef<{ executorId: string; startedAt: Date; demo: boolean }>('Server').implement({
  description: 'The server process that answers.',
  fields: (t) => ({
    executorId: t.exposeString('executorId', { description: 'Of its own for each start of a process.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it started.' }),
    demo: t.exposeBoolean('demo', { description: "Whether operators' fields are open and it can be crashed." }),
  }),
});

builder.queryField('server', (t) =>
  t.field({
    type: Server,
    description: 'The server process that answers.',
    resolve: (_root, _args, { executorId, startedAt, demo }) => ({ executorId, startedAt, demo }),
  }),
);
