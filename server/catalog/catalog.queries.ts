import type { Shelf } from '../domain/checkout.ts';
import { currentDatabase } from '../infra/database.ts';

/** Reads products as they stand now, by id; unknown ids are left out. */
export async function shelvesOf(ids: number[]): Promise<Map<number, Shelf>> {
  const products = await currentDatabase().product.findMany({ where: { id: { in: ids } } });
  return new Map(products.map((product) => [product.id, product]));
}

/** Reads the units in stock: of one product (none if it is unknown), or of all for null. */
export async function inventoriesOf(productId: number | null): Promise<number[]> {
  const where = productId === null ? {} : { id: productId };
  const products = await currentDatabase().product.findMany({ where, select: { inventory: true } });
  return products.map(({ inventory }) => inventory);
}

/** Reads which of some products exist. */
export async function existingProducts(ids: number[]): Promise<Set<number>> {
  const products = await currentDatabase().product.findMany({ where: { id: { in: ids } }, select: { id: true } });
  return new Set(products.map(({ id }) => id));
}
