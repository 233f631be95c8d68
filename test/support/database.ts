import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { createScratchDatabase, type ScratchDatabase } from '../../scripts/scratch.ts';

/** Makes a database with the tables, the catalogue and the engine's tables in place. Drop it afterwards. */
export function createDatabase(): Promise<ScratchDatabase> {
  const { serverUrl, template } = inject('database');
  return createScratchDatabase(serverUrl, 'checkout_test', template);
}

/**
 * Makes a database for the tests of a file, or of the `describe` it is called in, and drops it after them. Call it before
 * other hooks, so that what they open is closed when it looks: sessions still open then fail the tests, unless
 * `mayLeaveSessions` is set.
 */
export function useDatabase({ mayLeaveSessions = false } = {}): { readonly url: string } {
  let database: ScratchDatabase | undefined;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(async () => {
    if (!database) return;
    try {
      if (!mayLeaveSessions) await expectNoSessions(database.url);
    } finally {
      await database.drop();
    }
  });
  return {
    get url() {
      if (!database) throw new Error('The database is there from beforeAll on.');
      return database.url;
    },
  };
}

/** Throws, naming them, if there are sessions on the database, besides its own, that do not end within `withinMs`. */
export async function expectNoSessions(url: string, withinMs = 20_000): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // A session that has been closed lives on for a moment in the server.
    for (const deadline = Date.now() + withinMs; ; await delay(20)) {
      const { rows } = await client.query<{ application_name: string; state: string; query: string }>(
        `SELECT application_name, state, query FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      if (rows.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`Sessions were left open:\n${rows.map((r) => JSON.stringify(r)).join('\n')}`);
    }
  } finally {
    await client.end();
  }
}
