import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { StoreClient } from './hosts-client.ts';
import { root } from './root.ts';

type Migration = { name: string; sql: string; checksum: string };
type Applied = { name: string; checksum: string; finished: boolean };

/** The database cannot be brought up to date before a person has looked at it; the message says why. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

// The number that Prisma's own command line locks, so that it and a starting server wait for one another.
const LOCK = 72_707_369;
const UNDEFINED_TABLE = '42P01';
/** While a change waits for its lock, all others wait behind it: rather it fails, and the start is tried again. */
const LOCK_TIMEOUT_MS = 3_000;

// Prisma's own table, to the letter.
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/**
 * Applies the migrations that a database lacks, in order of their names, each in a transaction of its own.
 * Returns the names of those it applied. Processes that start at once take turns, and each migration is applied once.
 * What it does stands in Prisma's own table, so that `prisma migrate deploy` and `status` agree.
 * Throws MigrationError if an applied migration has since been edited or one failed before, and PostgreSQL's error
 * if a migration does not work; that migration has then left no trace.
 */
export async function migrate(
  databaseUrl: string,
  onProgress: (message: string) => void = () => {},
  folder = join(root, 'prisma/migrations'),
): Promise<string[]> {
  const migrations = read(folder);
  const client = new StoreClient({ connectionString: databaseUrl });
  await client.connect();
  try {
    if (pending(migrations, await applied(client)).length === 0) return [];
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(CREATE_TABLE);
    const todo = pending(migrations, await applied(client));
    for (const migration of todo) {
      onProgress(`Applying the migration ${migration.name}.`);
      await apply(client, migration);
    }
    return todo.map((migration) => migration.name);
  } finally {
    // Closing the session gives the lock back.
    await client.end();
  }
}

function read(folder: string): Migration[] {
  return readdirSync(folder)
    .sort()
    .filter((name) => existsSync(join(folder, name, 'migration.sql')))
    .map((name) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

async function applied(client: pg.Client): Promise<Applied[]> {
  try {
    const { rows } = await client.query<Applied>(
      `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
    );
    return rows;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return [];
    throw error;
  }
}

function pending(migrations: Migration[], history: Applied[]): Migration[] {
  for (const { name, finished } of history)
    if (!finished)
      throw new MigrationError(
        `The migration ${name} failed before. Repair the database, then tell it so: npx prisma migrate resolve.`,
      );
  // A name that is known to the database alone is a newer build's: both may run for the length of a deployment.
  const checksums = new Map(history.map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of migrations)
    if ((checksums.get(name) ?? checksum) !== checksum)
      throw new MigrationError(
        `The migration ${name} has been edited since it was applied. Restore it, and put the change into a new one.`,
      );
  return migrations.filter(({ name }) => !checksums.has(name));
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT_MS}'`);
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
       VALUES ($1, $2, clock_timestamp(), $3, 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    // The session ends with the failure, which rolls back; a lost connection has done so already.
    if (error instanceof Error) error.message = `The migration ${name} failed: ${error.message}`;
    throw error;
  }
}
