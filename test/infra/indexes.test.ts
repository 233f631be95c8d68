import pg from 'pg';
import { expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

/** Columns that an index has, in its keys or in its condition, other than the primary key. */
const INDEXED = `
  SELECT DISTINCT attname AS name FROM pg_index JOIN pg_depend ON classid = 'pg_class'::regclass AND objid = indexrelid
  JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
  WHERE indrelid = $1::regclass AND refobjid = indrelid ORDER BY 1`;

test('no index of orders has a column that a payment or a step of a dispatch changes, which would renew them all', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(INDEXED, ['orders']);
    // The stage changes with the end of an order alone, and its reason with a cancellation.
    const indexed = ['cancel_reason', 'created_at', 'key_hash', 'number', 'payment_id', 'stage'];
    expect(rows.map(({ name }) => name)).toEqual(indexed);
  } finally {
    await client.end();
  }
});
