import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { commandOf } from '../processes.ts';
import { type Cluster, halt } from './cluster.ts';
import { PostgresError } from './errors.ts';

export type Postmaster = Readonly<{ pid: number; port: number }>;

const lockFile = ({ data }: Cluster) => join(data, 'postmaster.pid');

/** Reads which postmaster holds the cluster; undefined when none does, whatever a killed one may have left. */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | undefined> {
  const lines = (await readFile(lockFile(cluster), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  const command = pid > 0 ? await commandOf(pid) : '';
  if (!command.includes('postgres') || !command.includes(cluster.data)) return undefined;
  return { pid, port: Number(lines[3]) };
}

/**
 * Corrects the lock file of a killed postmaster: its process id may be another program's by now, or a zombie's that
 * nobody buries, and would keep ours from starting. The id becomes our own, which PostgreSQL knows not to be a
 * postmaster's, since we start it. The rest stays: by that it finds out whether processes of the killed one still use
 * the data, and refuses to start if so.
 */
async function correctLockFile(cluster: Cluster): Promise<void> {
  const [pid, ...rest] = (await readFile(lockFile(cluster), 'utf8').catch(() => '')).split('\n');
  if (pid) await writeFile(lockFile(cluster), [process.pid, ...rest].join('\n'));
}

/**
 * Takes over the postmaster that an earlier, killed run left behind, if there is one that answers to our password,
 * however long it needs to recover; stops it if it does not answer for 5 s. Returns undefined when a new one has to be
 * started. Throws PostgresError.
 */
export async function adopt(cluster: Cluster, password: string): Promise<Postmaster | undefined> {
  for (let silentSince = performance.now(); performance.now() < silentSince + 5000; await delay(50)) {
    const found = await findPostmaster(cluster);
    if (!found) break;
    const state = await probe(url(found.port, password, 'postgres'));
    if (state === 'ready') return found;
    if (state === 'recovering') silentSince = performance.now();
  }
  await stopPostmaster(cluster, 'fast');
  await correctLockFile(cluster);
  return undefined;
}

/** Stops the cluster's postmaster; does nothing when it is not running. Throws PostgresError when it will not end. */
export async function stopPostmaster(cluster: Cluster, mode: 'fast' | 'immediate'): Promise<void> {
  if (!(await findPostmaster(cluster))) return;
  const { ok, output } = await halt(cluster, mode);
  if (ok || !(await findPostmaster(cluster))) return;
  if (mode === 'fast') return stopPostmaster(cluster, 'immediate');
  throw new PostgresError(`PostgreSQL does not stop: ${output}`, `End it by hand; its data is ${cluster.data}.`);
}

/** The address of a database of the cluster, password included. */
export const url = (port: number, password: string, database: string): string =>
  `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;

const probe = (address: string): Promise<'ready' | 'recovering' | 'silent'> =>
  query(address, 'SELECT 1').then(
    () => 'ready' as const,
    // cannot_connect_now: it is starting up, recovering or shutting down.
    (error: { code?: string }) => (error.code === '57P03' ? 'recovering' : 'silent'),
  );

/** Makes the database unless it is there. */
export async function ensureDatabase(maintenance: string, name: string): Promise<void> {
  const ask = (text: string, values?: string[]) => query(maintenance, text, values, BUSY_MS);
  const found = await ask('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (found === 0) await ask(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
}

/** How long a connection may take: to a server of which nobody knows whether it answers, and to one that is only busy. */
const SILENT_MS = 2_000;
const BUSY_MS = 30_000;

async function query(
  connectionString: string,
  text: string,
  values: string[] = [],
  timeoutMs = SILENT_MS,
): Promise<number> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: timeoutMs });
  client.on('error', () => {}); // A connection that breaks later is told by the query itself.
  try {
    await client.connect();
    return (await client.query(text, values)).rowCount ?? 0;
  } finally {
    await client.end().catch(() => {});
  }
}
