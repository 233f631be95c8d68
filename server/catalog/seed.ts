import type pg from 'pg';
import { StoreClient } from '../infra/hosts-client.ts';

const catalogue = [
  {
    sku: 'WIDGET',
    name: 'Premium Quality Widget',
    description: 'Enhance your productivity with our top-rated widgets!',
    price_minor: 9999,
  },
  {
    sku: 'GADGET',
    name: 'Pocket Gadget',
    description: 'Measures, cuts and opens: six tools that fold into the palm of a hand.',
    price_minor: 3450,
  },
  {
    sku: 'GIZMO',
    name: 'Desk Gizmo',
    description: 'Keeps cables, pens and small parts where you left them.',
    price_minor: 1299,
  },
  {
    sku: 'SPROCKET',
    name: 'Steel Sprocket, 18 Teeth',
    description: 'Hardened steel, for chains of half an inch. Fits every machine that we sell.',
    price_minor: 725,
  },
].map((product) => ({ ...product, currency: 'USD', inventory: 100 }));

// One statement, so products and their first stock movement appear together. Of two processes that start at once,
// one waits for the other's products and then finds nothing left to insert.
const SEED = `
  WITH seeded AS (
    INSERT INTO products (sku, name, description, price_minor, currency, inventory)
    SELECT sku, name, description, price_minor, currency, inventory
    FROM jsonb_to_recordset($1) AS given (
      sku text, name text, description text, price_minor bigint, currency text, inventory int
    )
    WHERE NOT EXISTS (SELECT FROM products)
    ON CONFLICT (sku) DO NOTHING
    RETURNING id, inventory
  )
  INSERT INTO stock_movements (product_id, delta, cause, at)
  SELECT id, inventory, 'SEEDED', now() FROM seeded ORDER BY id`;

/** Puts the catalogue into a store that has no products. Tells how many products it added: all or none. */
export async function seedCatalogue(database: string | Pick<pg.ClientBase, 'query'>): Promise<number> {
  if (typeof database !== 'string') {
    const { rowCount } = await database.query(SEED, [JSON.stringify(catalogue)]);
    return rowCount ?? 0;
  }
  const client = new StoreClient({ connectionString: database });
  await client.connect();
  try {
    return await seedCatalogue(client);
  } finally {
    await client.end();
  }
}
