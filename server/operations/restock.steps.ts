import { step } from '../infra/step.ts';
import { type Restocked, type RestockRequest, restockProducts } from './restock.sql.ts';

/** Brings stock to a level: one product's, or every product's. */
export const restockStep = step<RestockRequest, Restocked>(
  'restock',
  async (tx, requests) => {
    const restocked: Restocked[] = [];
    for (const request of requests) restocked.push(await restockProducts(tx, request));
    return restocked;
  },
  {
    changes: (_request, restocked) =>
      'products' in restocked
        ? restocked.products.map(({ id, version }) => ({ topic: `product:${id}` as const, version }))
        : [],
  },
);
