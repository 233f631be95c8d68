import type { Product } from '../generated/prisma/client.ts';
import { currentDatabase } from '../infra/database.ts';
import type { Topic, Watch } from '../infra/live/hub.ts';
import { SharedReads } from '../infra/live/shared-reads.ts';
import { streamOf } from '../infra/live/stream.ts';
import { persistently } from '../infra/persistently.ts';

/**
 * Streams products: each as it is now, then its newest state whenever it has changed, with growing versions, at
 * the reader's own pace. `ids` null: every product.
 */
export function inventoryOf(ids: readonly number[] | null): AsyncIterableIterator<Product> {
  const topics: Topic[] = ids ? ids.map((id) => `product:${id}` as const) : ['product:*'];
  return streamOf(topics, (watch) => readInventory(watch, ids));
}

async function* readInventory(watch: Watch, ids: readonly number[] | null): AsyncGenerator<Product, void> {
  const told = new Map<number, bigint>();
  while (!watch.closed) {
    const changed = watch.take();
    const known = told.size > 0 && !watch.fellBehind && !changed.has('product:*');
    const wanted = known ? [...changed].map((topic) => Number(topic.slice('product:'.length))) : ids;
    for (const product of await persistently('inventory', () => current.ask(wanted))) {
      if ((told.get(product.id) ?? 0n) >= product.version) continue;
      yield product;
      told.set(product.id, product.version);
    }
    await watch.changed();
  }
}

/** Reads products as they are now; null: all. */
const current = new SharedReads<readonly number[] | null, Product[]>(
  (ids) => ids?.join() ?? '*',
  async (asked) => {
    const wanted = asked.includes(null) ? null : new Set(asked.flatMap((ids) => ids ?? []));
    const where = wanted ? { id: { in: [...wanted] } } : {};
    const products = await currentDatabase().product.findMany({ where, orderBy: { id: 'asc' } });
    return asked.map((ids) => (ids ? products.filter(({ id }) => ids.includes(id)) : products));
  },
);
