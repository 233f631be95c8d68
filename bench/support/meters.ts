import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';

/** What was spent in some time. Times in milliseconds (of a processor); NaN where they can not be measured. */
export type Spent = Readonly<{
  elapsedMs: number;
  /** Statements that clients sent, BEGIN and COMMIT included. */
  statements: number;
  /** Commits that had written something. */
  commits: number;
  syncs: number;
  walBytes: number;
  nodeMs: number;
  postgresMs: number;
}>;

type Reading = Readonly<{
  atMs: number;
  statements: number;
  syncs: number;
  lsn: string;
  nodeMs: number;
  postgresMs: number;
}>;

/** Sessions report their counters within this. */
const SETTLE_MS = 1_200;
const MS_PER_TICK = 10;

/** Has the statements of a database counted, in sessions opened from now on. */
export async function countStatements(cluster: Cluster, database: string): Promise<void> {
  await cluster.admin.query(`ALTER DATABASE ${database} SET pg_stat_statements.track = 'top'`);
}

async function read(cluster: Cluster, database: string, pids: readonly number[]): Promise<Reading> {
  const nodeMs = pids.reduce((sum, pid) => sum + processorMs(pid), 0);
  const postgresMs = familyMs(cluster.pid);
  const atMs = performance.now();
  await delay(SETTLE_MS);
  const { rows } = await cluster.admin.query<Pick<Reading, 'statements' | 'syncs' | 'lsn'>>(
    `SELECT (SELECT coalesce(sum(calls), 0)::float8 FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
       WHERE datname = $1) AS statements,
     (SELECT sum(fsyncs)::float8 FROM pg_stat_io WHERE object = 'wal') AS syncs,
     pg_current_wal_flush_lsn()::text AS lsn`,
    [database],
  );
  return { ...rows[0]!, atMs, nodeMs, postgresMs };
}

/** Does some work and tells what it cost: in a database, in the whole server's log, and in processes. */
export async function measure(
  cluster: Cluster,
  database: string,
  pids: readonly number[],
  work: () => Promise<unknown>,
): Promise<Spent> {
  const before = await read(cluster, database, pids);
  await work();
  const after = await read(cluster, database, pids);
  const { rows } = await cluster.admin.query<{ bytes: number }>(
    'SELECT pg_wal_lsn_diff($2::pg_lsn, $1::pg_lsn)::float8 AS bytes',
    [before.lsn, after.lsn],
  );
  const walBytes = rows[0]!.bytes;
  return {
    elapsedMs: after.atMs - before.atMs,
    statements: after.statements - before.statements,
    commits: walBytes === 0 ? 0 : await commitsBetween(cluster, before.lsn, after.lsn),
    syncs: after.syncs - before.syncs,
    walBytes,
    nodeMs: after.nodeMs - before.nodeMs,
    postgresMs: after.postgresMs - before.postgresMs,
  };
}

async function commitsBetween(cluster: Cluster, from: string, to: string): Promise<number> {
  const { rows } = await cluster.admin.query<{ commits: number }>(
    `SELECT coalesce(sum(count), 0)::float8 AS commits FROM pg_get_wal_stats($1::pg_lsn, $2::pg_lsn, true)
     WHERE "resource_manager/record_type" = 'Transaction/COMMIT'`,
    [from, to],
  );
  return rows[0]!.commits;
}

const COUNTERS = ['statements', 'commits', 'syncs', 'walBytes', 'nodeMs', 'postgresMs'] as const;

/** What one of `units` cost, without what an idle server spends in the same time. */
export function each(total: Spent, idle: Spent, units: number): Spent {
  const share = total.elapsedMs / idle.elapsedMs;
  const result = { ...total } as { -readonly [Key in keyof Spent]: number };
  for (const counter of COUNTERS) result[counter] = (total[counter] - idle[counter] * share) / units;
  return result;
}

/** What is left of one cost when another is taken off. */
export function difference(a: Spent, b: Spent): Spent {
  const result = { ...a } as { -readonly [Key in keyof Spent]: number };
  for (const counter of COUNTERS) result[counter] = a[counter] - b[counter];
  return result;
}

/** Fields of /proc/<pid>/stat from the third on: from index 11 two of its own ticks, then two of ended children. */
function statOf(pid: number): string[] {
  if (process.platform !== 'linux') return [];
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

export function processorMs(pid: number, from = 11, to = 13): number {
  return (
    statOf(pid)
      .slice(from, to)
      .reduce((sum, ticks) => sum + Number(ticks) * MS_PER_TICK, 0) || Number.NaN
  );
}

/** The time of a process, its children, and those of them that have ended. */
export function familyMs(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && statOf(Number(name))[1] === String(pid));
  return children.reduce((sum, child) => sum + (processorMs(Number(child)) || 0), processorMs(pid, 11, 15));
}

/** The memory that a process has in use, in MB; NaN where it is not to be seen. */
export function residentMb(pid: number): number {
  try {
    const kilobytes = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}
