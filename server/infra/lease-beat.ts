import type pg from 'pg';

/** Processes listen here for those that release their lease. */
export const RELEASES = 'checkout_leases';

/** What a beat is to look for. */
export type Beat = Readonly<{
  executorId: string;
  /** How long this lease holds from now on without another beat. */
  leaseMs: number;
  /** Whoever was silent for this long, and holds no lock, is gone. */
  silenceMs: number;
  /** Whoever was silent for this long is given no share of others' work. */
  absenceMs: number;
  /** Whether to look only for those that released their lease: after a lost connection, others may be connecting too. */
  trusting: boolean;
  /** The same holds for this long after a start of the database, save for those who were gone before it. */
  graceMs: number;
  /** Whether this session holds the lock of the lease. */
  locked: boolean;
}>;

/** A process that is gone, or hangs, and for how long others have had the right to take its workflows. */
export type Gone = Readonly<{ id: string; sinceMs: number }>;

/** What a beat found. `living`: the processes that share the work of those that are gone; `rank`: our place among them. */
export type Heard = Readonly<{ locked: boolean; living: number; rank: number; gone: readonly Gone[] }>;

const LOCK = (id: string) => `hashtextextended('executor:' || ${id}, 0)`;
const MS = (parameter: string) => `${parameter}::float8 * interval '1 millisecond'`;

/**
 * Renews the lease and looks for others, all by the database's clock. A lock is tried only where its holder is silent,
 * and shared, so that those who look do not take each other for the holder; it is free again after the statement.
 * Whoever had no lease any more when another was last heard before the database started was gone then, and needs no time
 * to connect: a database that starts again every few seconds would otherwise keep its work lying for ever.
 */
const BEAT = `
  WITH renewed AS (
    INSERT INTO executors AS mine (id, started_at, renewed_at, expires_at) VALUES ($1, now(), now(), now() + ${MS('$2')})
    ON CONFLICT (id) DO UPDATE SET renewed_at = now(), expires_at = excluded.expires_at, released_at = NULL
  ), other AS (
    SELECT id, renewed_at > now() - ${MS('$4')} AS present, CASE
      WHEN released_at IS NOT NULL THEN released_at
      WHEN expires_at < (SELECT max(renewed_at) FROM executors WHERE renewed_at < pg_postmaster_start_time()) THEN expires_at
      WHEN $5 OR pg_postmaster_start_time() > now() - ${MS('$6')} THEN NULL
      WHEN expires_at < now() THEN expires_at
      WHEN renewed_at < now() - ${MS('$3')} AND pg_try_advisory_xact_lock_shared(${LOCK('id')})
        THEN renewed_at + ${MS('$3')} END AS gone_at
    FROM executors WHERE id <> $1
  )
  SELECT $7 OR pg_try_advisory_lock(${LOCK('$1')}) AS locked,
    1 + count(*) FILTER (WHERE present AND gone_at IS NULL)::int AS living,
    count(*) FILTER (WHERE present AND gone_at IS NULL AND id < $1)::int AS rank,
    coalesce(json_agg(json_build_object('id', id, 'sinceMs', extract(epoch FROM now() - gone_at) * 1000))
      FILTER (WHERE gone_at IS NOT NULL), '[]') AS gone
  FROM other`;

/** Renews the lease of this process, and tells who else has none any more. */
export async function beat(client: pg.Client, given: Beat): Promise<Heard> {
  const { executorId, leaseMs, silenceMs, absenceMs, trusting, graceMs, locked } = given;
  const { rows } = await client.query<Heard>({
    name: 'beat',
    text: BEAT,
    values: [executorId, leaseMs, silenceMs, absenceMs, trusting, graceMs, locked],
  });
  return rows[0]!;
}

const RELEASE = `
  WITH released AS (UPDATE executors SET released_at = now() WHERE id = $1)
  SELECT pg_notify('${RELEASES}', '')`;

/** Gives a lease up, and tells those who listen. */
export async function giveUp(client: pg.Client, executorId: string): Promise<void> {
  await client.query(RELEASE, [executorId]);
}

/**
 * Makes known whoever has unfinished work and no row: its row was removed, and it wrote again after that. Gone are
 * those that stay silent from here on.
 */
export async function noteUnknown(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO executors (id, started_at)
     SELECT DISTINCT executor_id, now() FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id IS NOT NULL
     ON CONFLICT (id) DO NOTHING`,
  );
}

const FORGET = `
  DELETE FROM executors e WHERE id = ANY($1::text[]) AND NOT EXISTS (
    SELECT FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = e.id)`;

/** Removes the rows of those that are gone and have no work left. One that lives after all comes back by its next beat. */
export async function forget(client: pg.Client, ids: readonly string[]): Promise<void> {
  await client.query(FORGET, [ids]);
}
