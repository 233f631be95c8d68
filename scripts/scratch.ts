import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../server/infra/postgres.ts';

/** A server to make scratch databases on. */
export type ScratchServer = Readonly<{ url: string; stop(): Promise<void> }>;
export type ScratchDatabase = Readonly<{ url: string; drop(): Promise<void> }>;

const PREFIX = 'checkout-scratch-';

// Its data lives no longer than the process, so nothing waits for the disk.
const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '300' };

/**
 * Opens the server of DATABASE_URL, or, if that is not set, starts an embedded PostgreSQL whose data `stop` removes.
 * What earlier runs left behind because they were killed is ended and removed first.
 */
export async function openScratchServer(onProgress?: (message: string) => void): Promise<ScratchServer> {
  const url = process.env.DATABASE_URL;
  if (url) return { url, stop: async () => {} };
  await removeOrphans();
  const dataDir = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // Another account has to enter when this one is root, since PostgreSQL refuses to run as root.
  await chmod(dataDir, 0o755);
  const server = await startPostgres({ dataDir, settings, initialSync: false, ...(onProgress && { onProgress }) });
  const abandon = () => {
    process.kill(server.pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  // Ctrl-C ends a test run without stopping what it started.
  process.once('exit', abandon);
  return {
    url: server.url,
    async stop() {
      process.off('exit', abandon);
      await server.stop('immediate');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('-')[0] : Number.NaN);
    if (!pid || isAlive(pid)) continue;
    const dataDir = join(tmpdir(), name);
    // Starting adopts what still runs. What is not ours to end or to remove is left alone.
    try {
      const server = await startPostgres({ dataDir, settings, initialSync: false });
      await server.stop('immediate');
      await rm(dataDir, { recursive: true, force: true });
    } catch {}
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes a database with a name of its own, `<prefix>_<random>`, as a copy of the template if one is given. */
export async function createScratchDatabase(
  serverUrl: string,
  prefix: string,
  template?: string,
): Promise<ScratchDatabase> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await runOn(serverUrl, `CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return { url: url.href, drop: () => runOn(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Runs one statement in a session of its own. */
export async function runOn(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
