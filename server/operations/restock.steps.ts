import { oneByOne, step } from '../infra/step.ts';
import { restockProducts } from './restock.sql.ts';

/** Brings stock to a level: one product's, or every product's. */
export const restockStep = step('restock', oneByOne(restockProducts), {
  changes: (_request, restocked) =>
    'products' in restocked
      ? restocked.products.map(({ id, version }) => ({ topic: `product:${id}` as const, version }))
      : [],
});
