import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { commandOf, until } from '../processes.ts';
import { type Cluster, halt } from './cluster.ts';
import { PostgresError } from './errors.ts';

export type Postmaster = Readonly<{ pid: number; port: number }>;

/** Reads which postmaster holds the cluster; undefined when none does, whatever a killed one may have left. */
export async function findPostmaster({ data }: Cluster): Promise<Postmaster | undefined> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  const command = pid > 0 ? await commandOf(pid) : '';
  if (!command.includes('postgres') || !command.includes(data)) return undefined;
  return { pid, port: Number(lines[3]) };
}

/**
 * Takes over the postmaster that an earlier, killed run left behind, if there is one that answers to our password;
 * stops it if it does not answer. Returns undefined when a new one has to be started.
 */
export async function adopt(cluster: Cluster, password: string): Promise<Postmaster | undefined> {
  const adopted = await until(async () => {
    const found = await findPostmaster(cluster);
    if (!found) return null;
    return (await answers(url(found.port, password, 'postgres'))) ? found : undefined;
  }, 10_000);
  if (adopted) return adopted;
  if (adopted === undefined) await stopPostmaster(cluster, 'fast');
  // A process id in a file of a killed postmaster may be another program's by now, and would keep ours from starting.
  await rm(join(cluster.data, 'postmaster.pid'), { force: true });
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

const answers = (address: string): Promise<boolean> =>
  query(address, 'SELECT 1').then(
    () => true,
    () => false,
  );

/** Makes the database unless it is there. */
export async function ensureDatabase(maintenance: string, name: string): Promise<void> {
  const found = await query(maintenance, 'SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (found === 0) await query(maintenance, `CREATE DATABASE ${pg.escapeIdentifier(name)}`);
}

async function query(connectionString: string, text: string, values: string[] = []): Promise<number> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
  client.on('error', () => {}); // A connection that breaks later is told by the query itself.
  try {
    await client.connect();
    return (await client.query(text, values)).rowCount ?? 0;
  } finally {
    await client.end().catch(() => {});
  }
}
