import { setTimeout as delay } from 'node:timers/promises';
import { allMigrations } from '@dbos-inc/dbos-sdk/internal/sysdb_migrations/internal/migrations';
import {
  getCurrentSysDBVersion,
  runSysMigrationsPg,
} from '@dbos-inc/dbos-sdk/internal/sysdb_migrations/migration_runner';
import type pg from 'pg';
import { StoreClient } from './hosts-client.ts';
import { log } from './log.ts';

const LOCK = 72_707_370;
const ASK_AGAIN_MS = 50;

/**
 * Brings the engine's own tables up to date. The engine would do so itself at its launch, but processes that do it at
 * once trip over one another, and end. Here they take turns.
 */
export async function migrateEngine(databaseUrl: string): Promise<void> {
  // As the engine is launched: see startEngine.
  const migrations = allMigrations('dbos', { useListenNotify: false });
  const client = new StoreClient({ connectionString: databaseUrl });
  await client.connect();
  try {
    const current = async () => (await getCurrentSysDBVersion(client)) >= migrations.length;
    while (!(await current())) {
      // Asking for the lock again and again, since waiting for it in the database is a transaction, and whoever has the
      // lock makes indexes that wait for the end of all transactions.
      if (await tryLock(client))
        await runSysMigrationsPg(client, migrations, 'dbos', { onWarn: (text) => log.debug(text) });
      else await delay(ASK_AGAIN_MS);
    }
  } finally {
    // Closing the session gives the lock back.
    await client.end();
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [LOCK]);
  return rows[0]?.locked ?? false;
}
