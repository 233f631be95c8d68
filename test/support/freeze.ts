import pg from 'pg';
import { eventually } from './eventually.ts';

/** Where a session is to stop: at a row that it writes, or at the COMMIT of the transaction that wrote the row. */
export type Point = Readonly<{
  at: 'write' | 'commit';
  event: 'INSERT' | 'UPDATE' | 'DELETE';
  table: string;
  /** A condition on the row, in SQL: NEW, or OLD of a DELETE. */
  when?: string;
}>;

/** A point where sessions stop. */
export type Freeze = Readonly<{
  /** Waits until a session has stopped there, and returns its process id. */
  reached(): Promise<number>;
  /** Tells whether more sessions than one stand there. */
  isShared(): Promise<boolean>;
  /** Ends the session that stopped: what it was writing is lost. Nobody stops there any more. */
  terminate(): Promise<void>;
  /** Lets the session go on, whether or not anybody hears of it, and waits until it has passed. */
  thaw(): Promise<void>;
}>;

/** Two numbers: every other advisory lock in use has one, so that they never meet. */
const LOCK = '4711, 1';
const WAITING = `
  SELECT pid FROM pg_locks
  WHERE locktype = 'advisory' AND classid = 4711 AND objid = 1 AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Makes sessions stop at a point in the database, for as long as this holds an advisory lock that a trigger there asks
 * for, however long a session waits for locks otherwise. So a process can be killed at exactly that moment, without any
 * help from its code.
 */
export async function freezeAt(databaseUrl: string, { at, event, table, when = 'true' }: Point): Promise<Freeze> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A session that is lost fails the next query, and the point with it.
  client.on('error', () => {});
  await client.connect();
  const trigger =
    at === 'commit'
      ? `CREATE CONSTRAINT TRIGGER freezing AFTER ${event} ON ${table} DEFERRABLE INITIALLY DEFERRED`
      : `CREATE TRIGGER freezing BEFORE ${event} ON ${table}`;
  try {
    await client.query(`
      CREATE OR REPLACE FUNCTION freezing() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
        BEGIN PERFORM pg_advisory_xact_lock_shared(${LOCK}); RETURN coalesce(NEW, OLD); END $$;
      DROP TRIGGER IF EXISTS freezing ON ${table};
      ${trigger} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION freezing()`);
    await client.query(`SELECT pg_advisory_lock(${LOCK})`);
  } catch (error) {
    await client.end();
    throw error;
  }

  const waiting = async () => (await client.query<{ pid: number }>(WAITING)).rows[0]?.pid;
  const lives = async (pid: number) =>
    (await client.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid])).rowCount === 1;
  const finish = async () => {
    await client.query(`SELECT pg_advisory_unlock(${LOCK})`);
    await eventually('nobody stands at the point', async () => (await waiting()) === undefined);
    await client.query(`DROP TRIGGER freezing ON ${table}`);
    await client.end();
  };
  return {
    reached: () => eventually(`a session stops at the ${at} of ${event} ${table}`, waiting),
    isShared: async () => ((await client.query(WAITING)).rowCount ?? 0) > 1,
    async terminate() {
      const pid = await waiting();
      if (pid !== undefined) {
        await client.query('SELECT pg_terminate_backend($1)', [pid]);
        await eventually('the session has ended', async () => !(await lives(pid)));
      }
      await finish();
    },
    thaw: finish,
  };
}
