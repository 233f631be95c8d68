import { registerDataSource, registerTransaction } from '@dbos-inc/dbos-sdk/datasource';
import { currentDatabase, query } from '../../server/infra/database.ts';
import { PrismaDataSource } from './datasource.ts';

registerDataSource(new PrismaDataSource('textbook', currentDatabase));

/** Makes a step as the engine's manual does: one transaction of a data source, recorded in its commit. */
function step<Args extends unknown[], Row>(name: string, sql: string) {
  const run = async (...args: Args) => (await query<Row>(PrismaDataSource.transaction, sql, ...args))[0];
  return registerTransaction('textbook', run, { name });
}

export const createOrder = step<[], { id: number }>(
  'createOrder',
  `INSERT INTO orders (status) VALUES ('PENDING') RETURNING id`,
);

export const reserveInventory = step<[productId: number], { id: number }>(
  'reserveInventory',
  'UPDATE products SET inventory = inventory - 1 WHERE id = $1 AND inventory > 0 RETURNING id',
);

export const undoReserveInventory = step<[productId: number], never>(
  'undoReserveInventory',
  'UPDATE products SET inventory = inventory + 1 WHERE id = $1',
);

export const updateOrderStatus = step<[orderId: number, status: string], never>(
  'updateOrderStatus',
  `UPDATE orders SET status = $2, updated_at = clock_timestamp(),
     paid_at = CASE WHEN $2 = 'PAID' THEN clock_timestamp() ELSE paid_at END
   WHERE id = $1`,
);

export const updateOrderProgress = step<[orderId: number], never>(
  'updateOrderProgress',
  `UPDATE orders SET progress_remaining = progress_remaining - 1, updated_at = clock_timestamp(),
     status = CASE WHEN progress_remaining = 1 THEN 'DISPATCHED' ELSE status END
   WHERE id = $1`,
);

/** The tables that the steps work on. */
export const TABLES = `
  CREATE TABLE IF NOT EXISTS products (id serial PRIMARY KEY, inventory int NOT NULL);
  CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, status text NOT NULL, progress_remaining int NOT NULL DEFAULT 10,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(), paid_at timestamptz)`;
