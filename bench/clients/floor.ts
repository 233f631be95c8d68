// A process of its own that does the least SQL an order needs, by a bare driver: it gets one order by IPC, and reports.
import pg from 'pg';

/** `one`: each transaction is one statement. `many`: the first has BEGIN, the UPDATE, the INSERTs and COMMIT. */
export type FloorPlay = Readonly<{
  url: string;
  connections: number;
  inFlight: number;
  warmMs: number;
  ms: number;
  products: number;
  lines: number;
  statements: 'one' | 'many';
}>;
export type FloorPlayed = Readonly<{ orders: number; seconds: number }>;

const TAKE = {
  name: 'take',
  text: 'UPDATE products SET inventory = inventory - 1 WHERE id = $1 AND inventory >= 1',
};
const INSERT = { name: 'insert', text: `INSERT INTO orders (product_id, status) VALUES ($1, 'PENDING') RETURNING id` };
const PLACE_ONE = {
  name: 'place-one',
  text: `WITH taken AS (UPDATE products SET inventory = inventory - 1 WHERE id = $1 AND inventory >= 1 RETURNING id)
    INSERT INTO orders (product_id, status) SELECT id, 'PENDING' FROM taken RETURNING id`,
};
// Locked in one order, so that two orders for the same products never wait for each other in a circle.
const PLACE_LINES = {
  name: 'place-lines',
  text: `WITH wanted AS (SELECT id, inventory FROM products WHERE id = ANY($1::int[]) ORDER BY id FOR NO KEY UPDATE),
    taken AS (UPDATE products p SET inventory = p.inventory - 1 FROM wanted WHERE p.id = wanted.id
      AND (SELECT min(inventory) FROM wanted) >= 1 RETURNING p.id),
    placed AS (INSERT INTO orders (product_id, status) SELECT min(id), 'PENDING' FROM taken HAVING count(*) > 0 RETURNING id),
    line AS (INSERT INTO order_lines (order_id, product_id, quantity) SELECT placed.id, taken.id, 1 FROM placed, taken)
    SELECT id FROM placed`,
};
const TAKE_LINES = {
  name: 'take-lines',
  text: `WITH wanted AS (SELECT id, inventory FROM products WHERE id = ANY($1::int[]) ORDER BY id FOR NO KEY UPDATE)
    UPDATE products p SET inventory = p.inventory - 1 FROM wanted
    WHERE p.id = wanted.id AND (SELECT min(inventory) FROM wanted) >= 1`,
};
const INSERT_LINES = {
  name: 'insert-lines',
  text: 'INSERT INTO order_lines (order_id, product_id, quantity) SELECT $1, unnest($2::int[]), 1',
};
const PAY = { name: 'pay', text: `UPDATE orders SET status = 'PAID' WHERE id = $1 AND status = 'PENDING'` };

type Inserted = { id: string };

async function place(pool: pg.Pool, products: number[], statements: FloorPlay['statements']): Promise<string> {
  const several = products.length > 1;
  if (statements === 'one') {
    const inOne: pg.QueryConfig = several ? { ...PLACE_LINES, values: [products] } : { ...PLACE_ONE, values: products };
    return (await pool.query<Inserted>(inOne)).rows[0]!.id;
  }
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const take: pg.QueryConfig = several ? { ...TAKE_LINES, values: [products] } : { ...TAKE, values: products };
    if ((await client.query(take)).rowCount !== products.length) throw new Error('out of stock');
    const { rows } = await client.query<Inserted>({ ...INSERT, values: [products[0]] });
    const { id } = rows[0]!;
    if (several) await client.query({ ...INSERT_LINES, values: [id, products] });
    await client.query('COMMIT');
    return id;
  } finally {
    client.release();
  }
}

async function play(order: FloorPlay): Promise<FloorPlayed> {
  const pool = new pg.Pool({ connectionString: order.url, max: order.connections });
  // Sessions that are ending are of no interest any more when their database is dropped.
  pool.on('error', () => {});
  const from = performance.now() + order.warmMs;
  const until = from + order.ms;
  let orders = 0;
  const shopper = async () => {
    while (performance.now() < until) {
      const id = await place(pool, choose(order.products, order.lines), order.statements);
      const { rowCount } = await pool.query({ ...PAY, values: [id] });
      if (rowCount !== 1) throw new Error('the order was not paid');
      const now = performance.now();
      if (now >= from && now <= until) orders++;
    }
  };
  await Promise.all(Array.from({ length: order.inFlight }, shopper));
  await pool.end();
  return { orders, seconds: order.ms / 1000 };
}

function choose(products: number, count: number): number[] {
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, products)) chosen.add(1 + Math.floor(Math.random() * products));
  return [...chosen];
}

process.on('message', async (order: FloorPlay) => process.send?.(await play(order)));
process.on('disconnect', () => process.exit());
