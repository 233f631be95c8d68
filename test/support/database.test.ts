import pg from 'pg';
import { expect, test } from 'vitest';
import { createDatabase, expectNoSessions, useDatabase } from './database.ts';

const database = useDatabase();

async function withClient<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'forgotten' });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

test('a database has the catalogue and the tables of the engine', () =>
  withClient(database.url, async (client) => {
    const { rows } = await client.query(
      `SELECT (SELECT count(*)::int FROM products) AS products,
              to_regclass('dbos.workflow_status') IS NOT NULL AS engine`,
    );
    expect(rows).toEqual([{ products: 4, engine: true }]);
  }));

test('databases are apart from one another', async () => {
  const other = await createDatabase();
  try {
    await withClient(other.url, (client) => client.query('TRUNCATE products CASCADE'));
    await withClient(database.url, async (client) => {
      expect((await client.query('SELECT FROM products')).rowCount).toBe(4);
    });
  } finally {
    await other.drop();
  }
});

test('a session that was left open is told', () =>
  withClient(database.url, async () => {
    await expect(expectNoSessions(database.url, 500)).rejects.toThrow('"application_name":"forgotten"');
  }));
