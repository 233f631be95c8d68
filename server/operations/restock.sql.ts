import { levelled, type StockLevel } from '../domain/stock.ts';
import { query, type Tx } from '../infra/database.ts';

/** A restocking as it is recorded: of one product, or of all when `productId` is null. */
export type RestockRequest = Readonly<{
  key: string;
  requestHash: string;
  productId: number | null;
  level: StockLevel;
}>;

/** The products restocked, with their versions; or the one that would have had too many. */
export type Restocked =
  | Readonly<{ products: readonly { id: number; version: number }[] }>
  | Readonly<{ tooMany: { id: number } }>;

const LOCK = `
  SELECT id, inventory, version FROM products WHERE $1::int IS NULL OR id = $1 ORDER BY id FOR NO KEY UPDATE`;

/** $1 key, $2 hash, $3 all products of the restocking, $4 JSON of the changes. A product that keeps its level keeps its version. */
const WRITE = `
  WITH restock AS (
    INSERT INTO restocks (key, request_hash, product_ids, at) VALUES ($1, $2, $3::int[], statement_timestamp())
  ), change AS (
    SELECT * FROM json_to_recordset($4::json) AS x(id int, delta int)
  ), movement AS (
    INSERT INTO stock_movements (product_id, delta, cause, restock_key, at)
    SELECT id, delta, 'RESTOCKED', $1, statement_timestamp() FROM change
  )
  UPDATE products p SET inventory = inventory + change.delta, version = version + 1
  FROM change WHERE p.id = change.id RETURNING p.id, p.version`;

/** Brings products to a level, with the ledger's entries. Writes nothing when one would have too many. */
export async function restockProducts(tx: Tx, request: RestockRequest): Promise<Restocked> {
  const { key, requestHash, productId, level } = request;
  const products = await query<{ id: number; inventory: number; version: number }>(tx, LOCK, productId);
  const changes: { id: number; delta: number }[] = [];
  for (const { id, inventory } of products) {
    const units = levelled(inventory, level);
    if (units === undefined) return { tooMany: { id } };
    if (units !== inventory) changes.push({ id, delta: units - inventory });
  }
  const ids = products.map(({ id }) => id);
  const changed = await query<{ id: number; version: number }>(
    tx,
    WRITE,
    key,
    requestHash,
    ids,
    JSON.stringify(changes),
  );
  return { products: changed };
}
