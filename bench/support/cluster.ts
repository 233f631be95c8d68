import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../server/infra/postgres.ts';

// As PostgreSQL comes, except for what a run must not depend on: its length would decide how many checkpoints it sees.
const SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'none',
  max_connections: '300',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
};
const SHOWN = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'shared_buffers',
  'max_connections',
  'max_wal_size',
  'checkpoint_timeout',
];

/** The one PostgreSQL of a run. */
export type Cluster = Readonly<{
  /** A session for questions about the server, in a database that nothing measured uses. */
  admin: pg.Pool;
  folder: string;
  pid: number;
  settings: Record<string, string>;
  /** Makes a database, as a copy of another if its name is given, and returns its address. */
  createDatabase(name: string, template?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}>;

/** Starts PostgreSQL on a new folder, with commits that reach the disk. `stop` removes the data. */
export async function startCluster(onProgress: (text: string) => void): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'checkout-bench-'));
  // Another account has to enter when this one is root, since PostgreSQL refuses to run as root.
  await chmod(folder, 0o755);
  const server = await startPostgres({ dataDir: folder, settings: SETTINGS, onProgress });
  // The server lives in a session of its own: it has to be told when this run is broken off.
  const abandon = () => {
    process.kill(server.pid, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', abandon);
  const admin = new pg.Pool({ connectionString: server.url, max: 2 });
  // Idle sessions end with the server.
  admin.on('error', () => {});
  await admin.query('CREATE EXTENSION pg_stat_statements');
  await admin.query('CREATE EXTENSION pg_walinspect');
  const { rows } = await admin.query<{ name: string; value: string }>(
    'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name',
    [SHOWN],
  );
  return {
    admin,
    folder,
    pid: server.pid,
    settings: Object.fromEntries(rows.map(({ name, value }) => [name, value])),
    async createDatabase(name, template) {
      await admin.query(`CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`);
      const url = new URL(server.url);
      url.pathname = name;
      return url.href;
    },
    async dropDatabase(name) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
    async stop() {
      process.off('exit', abandon);
      await admin.end();
      await server.stop('immediate');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs statements in a session of its own. */
export async function onDatabase<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
