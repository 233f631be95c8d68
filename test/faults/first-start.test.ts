import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createScratchDatabase, type ScratchDatabase } from '../../scripts/scratch.ts';
import { clientOf } from '../support/client.ts';
import { startServer } from '../support/store.ts';

const SERVERS = 3;
let database: ScratchDatabase;
beforeAll(async () => {
  database = await createScratchDatabase(inject('database').serverUrl, 'checkout_test');
});
afterAll(() => database.drop());

test('servers that start at the same moment on an empty database prepare it once, and all come up', {
  timeout: 240_000,
}, async () => {
  const stores = await Promise.all(
    Array.from({ length: SERVERS }, () => startServer({ databaseUrl: database.url, env: { LOG_LEVEL: 'warn' } })),
  );
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const count = async (what: string) =>
      (await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${what}`)).rows[0]!.n;
    expect(await count('(SELECT FROM _prisma_migrations GROUP BY migration_name HAVING count(*) <> 1) AS twice')).toBe(
      0,
    );
    expect(await count('products')).toBe(4);
    expect(await count('stock_movements')).toBe(4);
    expect(await count('dbos.dbos_migrations')).toBe(1);
    expect(await count('pg_index WHERE NOT indisvalid')).toBe(0);
  } finally {
    await client.end();
  }
  for (const [number, { url, log, stop }] of stores.entries()) {
    const shop = clientOf(url);
    const { id: productId } = await shop.product('WIDGET');
    expect(await shop.checkout(`first ${number}`, [{ productId }])).toMatchObject({ __typename: 'CheckoutSuccess' });
    expect(log.split('\n').filter((line) => line !== '' && !line.includes('this is a demo'))).toEqual([]);
    await stop();
  }
});
