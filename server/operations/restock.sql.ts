import { levelled, type StockLevel } from '../domain/stock.ts';
import { query, type Tx } from '../infra/database.ts';

/** A restocking as it is recorded: of one product, or of all when `productId` is null. */
export type RestockRequest = Readonly<{
  keyHash: string;
  requestHash: string;
  productId: number | null;
  level: StockLevel;
}>;

/** The products whose level changed, with their versions; or the one that would have had too many. */
export type Restocked =
  | Readonly<{ products: readonly { id: number; version: number }[] }>
  | Readonly<{ tooMany: { id: number } }>;

const LOCK = `
  SELECT id, inventory, version::float8 FROM products WHERE $1::int IS NULL OR id = $1 ORDER BY id FOR NO KEY UPDATE`;

/**
 * $1 hash of the key, $2 of what is asked, $3 all products of the restocking, $4 JSON of the changes: none are made where
 * the key is known. A product that keeps its level keeps its version.
 */
const WRITE = `
  WITH restock AS (
    INSERT INTO restocks (key_hash, request_hash, product_ids, at) VALUES ($1, $2, $3::int[], statement_timestamp())
    ON CONFLICT (key_hash) DO NOTHING RETURNING key_hash
  ), change AS (
    SELECT x.*, key_hash FROM json_to_recordset($4::json) AS x(id int, delta int), restock
  ), movement AS (
    INSERT INTO stock_movements (product_id, delta, cause, restock_key_hash, at)
    SELECT id, delta, 'RESTOCKED', key_hash, statement_timestamp() FROM change
  )
  UPDATE products p SET inventory = inventory + change.delta, version = version + 1
  FROM change WHERE p.id = change.id RETURNING p.id, p.version::float8`;

/**
 * Brings products to a level, with the ledger's entries. Writes nothing when one would have too many, nor when the key has
 * been used: what came of it is known then.
 */
export async function restockProducts(tx: Tx, request: RestockRequest): Promise<Restocked> {
  const { keyHash, requestHash, productId, level } = request;
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
    keyHash,
    requestHash,
    ids,
    JSON.stringify(changes),
  );
  return { products: changed };
}
