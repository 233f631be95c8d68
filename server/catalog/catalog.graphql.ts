import { builder } from '../graphql/builder.ts';
import { besideCursor, checkPage } from '../graphql/paging.ts';
import { MoneyType } from '../graphql/scalars.ts';
import { currentDatabase } from '../infra/database.ts';

/** Something that the store sells. */
export const Product = builder.prismaNode('Product', {
  description: 'Something that the store sells.',
  id: { field: 'id', description: 'Global id.' },
  nullable: true,
  fields: (t) => ({
    sku: t.exposeString('sku', { description: 'The stock-keeping unit: what the shop calls the product.' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    description: t.exposeString('description', { description: 'A sentence or two for shoppers.' }),
    price: t.field({
      type: MoneyType,
      description: 'Of one unit, now. An order keeps the price that it was placed at.',
      resolve: ({ priceMinor, currency }) => ({ minor: priceMinor, currency }),
    }),
    inventory: t.exposeInt('inventory', { description: 'Units that can be bought now; never negative.' }),
    maxPerOrder: t.int({
      description: 'Units of it that one order may have.',
      resolve: ({ maxPerOrder }, _args, { terms }) => Math.min(maxPerOrder ?? Infinity, terms.unitsPerOrder),
    }),
    version: t.field({
      type: 'SafeInt',
      description: 'Grows by one with every change of the product.',
      resolve: ({ version }) => Number(version),
    }),
  }),
});

builder.queryField('product', (t) =>
  t.prismaField({
    type: Product,
    nullable: true,
    description: 'A product by its SKU; null where there is none.',
    args: { sku: t.arg.string({ description: 'The stock-keeping unit.' }) },
    resolve: (query, _root, { sku }) =>
      sku.includes('\0') ? null : currentDatabase().product.findUnique({ ...query, where: { sku } }),
  }),
);

builder.queryField('products', (t) =>
  t.prismaConnection(
    {
      type: Product,
      cursor: 'id',
      defaultSize: 20,
      maxSize: 100,
      description: 'The catalogue, in the order of its making; pages of 20 unless told, 100 at most.',
      resolve: (query, _root, args) => {
        checkPage(args, 'Int');
        return currentDatabase().product.findMany(besideCursor(query, 'id', 'asc'));
      },
    },
    { name: 'ProductConnection', description: 'A page of products.' },
    { name: 'ProductEdge', description: 'A product, where it stands in the list.' },
  ),
);
