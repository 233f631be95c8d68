import pg from 'pg';
import { APPLICATION_NAME, type Tx } from '../database.ts';
import { isStale } from '../database-errors.ts';
import { hashOf } from '../hash.ts';
import { StoreClient } from '../hosts-client.ts';
import { log } from '../log.ts';
import { ANSWER_WITHIN_MS } from '../silence.ts';
import { Pipeline } from './pipeline.ts';

/**
 * Set-based statements join a handful of given rows with large tables, by their keys. Planning each of them anew is a
 * sixth of the database's work, so a plan is kept for a while. These settings leave only look-ups by index, and make the
 * planner count the rows that it touches: a table that is small now is not read whole for each of the given rows.
 */
const PLANNER = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'cpu_tuple_cost=1',
  'jit=off',
];
/** A plan made when a table was next to empty is a bad one soon after: no plan is older than this. */
const REPLAN_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Groups hold rows for milliseconds. Who holds one for longer is somebody else, for whom not everybody is to wait. */
const LOCK_TIMEOUT_MS = 2_000;
const LONGEST_IDLE_IN_TRANSACTION_MS = 10_000;

/** Connections for transactions that many workflows share: few, since each carries many. */
export class GroupPool {
  readonly #pool: pg.Pool;
  readonly #names = new Map<string, string>();
  readonly #replanAt = new WeakMap<pg.PoolClient, number>();

  /** `leaseMs`: a process that is silent for this long loses its workflows, and with them its locks on them. */
  constructor(url: string, size: number, leaseMs = LONGEST_IDLE_IN_TRANSACTION_MS) {
    this.#pool = new pg.Pool({
      connectionString: url,
      Client: StoreClient,
      max: size,
      application_name: `${APPLICATION_NAME}-group`,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      answerWithinMs: ANSWER_WITHIN_MS,
      idle_in_transaction_session_timeout: Math.min(leaseMs, LONGEST_IDLE_IN_TRANSACTION_MS),
      keepAlive: true,
      pipeline: true,
      options: PLANNER.map((setting) => `-c ${setting}`).join(' '),
    });
    const failed = (error: Error) => log.warn({ error: error.message }, 'a group connection failed');
    // The pool listens to the clients that it keeps; one in use that nobody listens to would end the process.
    this.#pool.on('connect', (client) => client.on('error', failed));
    this.#pool.on('error', () => {});
  }

  /** Runs a body in one transaction, and once. Throws what the body or the database throws, with nothing done. */
  async transaction<Result>(body: (tx: Tx) => Promise<Result>): Promise<Result> {
    const client = await this.#connect();
    let broken: Error | undefined;
    try {
      const pipeline = new Pipeline(client, this.#nameOf);
      const result = await body(pipeline.tx);
      await pipeline.commit();
      return result;
    } catch (error) {
      if (isStale(error)) broken = error as Error;
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Runs each statement as a transaction of its own. */
  get autocommit(): Tx {
    return { $queryRawUnsafe: (text: string, ...parameters: unknown[]) => this.query(text, parameters) } as Tx;
  }

  /** Runs one statement on its own. */
  async query<Row>(text: string, parameters: unknown[]): Promise<Row[]> {
    const client = await this.#connect();
    let broken: Error | undefined;
    try {
      const { rows } = await client.query({ name: this.#nameOf(text), text, values: parameters });
      return rows as Row[];
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #connect(): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    const now = performance.now();
    if (now > (this.#replanAt.get(client) ?? 0)) {
      this.#replanAt.set(client, now + REPLAN_MS);
      // If the connection is lost, what is asked next says so.
      client.query('DISCARD PLANS').catch(() => {});
    }
    return client;
  }

  readonly #nameOf = (text: string): string => {
    let name = this.#names.get(text);
    if (!name) {
      name = hashOf(text).slice(0, 22);
      this.#names.set(text, name);
    }
    return name;
  };
}
