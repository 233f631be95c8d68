import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { differenceFromSchema } from '../../scripts/prisma-diff.ts';
import { createScratchDatabase, type ScratchDatabase } from '../../scripts/scratch.ts';
import { seedCatalogue } from '../../server/catalog/seed.ts';
import { MigrationError, migrate } from '../../server/infra/migrate.ts';
import { root } from '../../server/infra/root.ts';
import { expectNoSessions } from '../support/database.ts';

const silent = () => {};
let database: ScratchDatabase;
let folder: string;
let client: pg.Client;

beforeEach(async () => {
  database = await createScratchDatabase(inject('database').serverUrl, 'checkout_test');
  folder = await mkdtemp(join(tmpdir(), 'checkout-migrations-'));
  await cp(join(root, 'prisma/migrations'), folder, { recursive: true });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await expectNoSessions(database.url);
  await database.drop();
  await rm(folder, { recursive: true });
});

const add = async (name: string, sql: string) => {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'migration.sql'), sql);
};
const history = async () =>
  (
    await client.query<{ migration_name: string; finished: boolean; applied_steps_count: number }>(
      `SELECT migration_name, finished_at IS NOT NULL AS finished, applied_steps_count
       FROM _prisma_migrations ORDER BY started_at`,
    )
  ).rows;
const tables = async () =>
  (
    await client.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`)
  ).rows.map(({ name }) => name);

describe('the migrations', () => {
  test('produce the schema', async () => {
    await migrate(database.url);
    expect(await differenceFromSchema(database.url)).toBe('');
  });

  test('are told from a schema that has more', async () => {
    await migrate(database.url);
    const schema = await readFile(join(root, 'prisma/schema.prisma'), 'utf8');
    const more = schema.replace('model Executor {', 'model Executor {\n  note String?\n');
    expect(await differenceFromSchema(database.url, more)).toContain(
      'ALTER TABLE "executors" ADD COLUMN     "note" TEXT',
    );
  });

  test('refuse to delete an order, unless it was refused for lack of stock and nobody paid for it', async () => {
    await migrate(database.url);
    const insert = `INSERT INTO orders (id, key_hash, request_hash, status, cancel_reason, payment_status, currency,
        total_minor, payment_id, pay_by, dispatch_steps, version, created_at, updated_at)
      VALUES (gen_random_uuid(), $1::text, '', 'CANCELLED', $1::text::"CancelReason", $2::"PaymentStatus", 'USD',
        1, gen_random_uuid(), now(), 1, 2, now(), now())`;
    for (const [reason, payment] of [
      ['REQUESTED', 'EXPIRED'],
      ['OUT_OF_STOCK', 'REFUNDED'],
    ]) {
      await client.query(insert, [reason, payment]);
      await expect(client.query('DELETE FROM orders WHERE key_hash = $1', [reason])).rejects.toMatchObject({
        code: '23001',
      });
      await client.query(`UPDATE orders SET key_hash = 'kept' || number`);
    }
    await client.query(insert, ['OUT_OF_STOCK', 'EXPIRED']);
    expect((await client.query(`DELETE FROM orders WHERE key_hash = 'OUT_OF_STOCK'`)).rowCount).toBe(1);
  });

  test.each([
    ['negative stock', `UPDATE products SET inventory = -1`, 'products_inventory_check'],
    ['an empty movement', `UPDATE stock_movements SET delta = 0`, 'stock_movements_delta_check'],
    ['a movement without its cause', `UPDATE stock_movements SET cause = 'RESTOCKED'`, 'stock_movements_cause_check'],
    ['a free-form currency', `UPDATE products SET currency = 'usd'`, 'products_currency_check'],
  ])('refuse %s', async (_, sql, constraint) => {
    await migrate(database.url);
    await seedCatalogue(client);
    await expect(client.query(sql)).rejects.toMatchObject({ constraint });
  });
});

describe('migrate', () => {
  test('applies what is missing, once, in order', async () => {
    await add('99990102000000_second', 'ALTER TABLE extra ADD COLUMN more int');
    await add('99990101000000_first', 'CREATE TABLE extra (id int)');
    const told: string[] = [];
    const names = await migrate(database.url, (message) => told.push(message), folder);

    expect(names.slice(-2)).toEqual(['99990101000000_first', '99990102000000_second']);
    expect(told).toHaveLength(names.length);
    expect(await history()).toEqual(
      names.map((migration_name) => ({ migration_name, finished: true, applied_steps_count: 1 })),
    );
    expect(await migrate(database.url, silent, folder)).toEqual([]);
  });

  test('lets processes that start at once take turns', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, silent, folder)));
    const names = (await history()).map((row) => row.migration_name);
    expect(runs.flat()).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
  });

  test('leaves no trace of a migration that does not work, and applies it once it does', async () => {
    const name = '99990101000000_broken';
    await add(name, 'CREATE TABLE extra (id int); CREATE TABLE extra (id int);');
    await expect(migrate(database.url, silent, folder)).rejects.toThrow(
      `The migration ${name} failed: relation "extra"`,
    );
    expect(await tables()).not.toContain('extra');
    expect((await history()).map((row) => row.migration_name)).not.toContain(name);

    await writeFile(join(folder, name, 'migration.sql'), 'CREATE TABLE extra (id int)');
    expect(await migrate(database.url, silent, folder)).toEqual([name]);
    expect(await tables()).toContain('extra');
  });

  test('refuses when an applied migration has been edited', async () => {
    const [name] = await migrate(database.url, silent, folder);
    await appendFile(join(folder, name ?? '', 'migration.sql'), '-- edited');
    await expect(migrate(database.url, silent, folder)).rejects.toThrow(MigrationError);
  });

  test('refuses when a migration failed before, until it is resolved', async () => {
    await migrate(database.url, silent, folder);
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL');
    await expect(migrate(database.url, silent, folder)).rejects.toThrow('failed before');
  });

  test('puts up with migrations of a newer build', async () => {
    await add('99990101000000_newer', 'SELECT 1');
    await migrate(database.url, silent, folder);
    expect(await migrate(database.url)).toEqual([]);
  });
});

describe('seedCatalogue', () => {
  test('fills an empty store once, with a movement for each product', async () => {
    await migrate(database.url);
    const counts = await Promise.all(Array.from({ length: 3 }, () => seedCatalogue(database.url)));
    expect(counts.sort()).toEqual([0, 0, 4]);
    const { rows } = await client.query(
      `SELECT p.sku, p.inventory, sum(m.delta)::int AS ledger
       FROM products p JOIN stock_movements m ON m.product_id = p.id GROUP BY p.id ORDER BY p.id`,
    );
    expect(rows[0]).toEqual({ sku: 'WIDGET', inventory: 100, ledger: 100 });
    expect(rows.every((row) => row.inventory === row.ledger)).toBe(true);
  });

  test('leaves a store that has products alone', async () => {
    await migrate(database.url);
    await client.query(
      `INSERT INTO products (sku, name, description, price_minor, currency, inventory) VALUES ('X', 'X', '', 1, 'USD', 0)`,
    );
    expect(await seedCatalogue(client)).toBe(0);
  });
});
