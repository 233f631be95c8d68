import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import type pg from 'pg';
import { APPLICATION_NAME } from './database.ts';
import { LastingConnection } from './live/connection.ts';
import { log } from './log.ts';

const SWEEP_MS = 1_500;
/** A peer that lost its lock with a restart of the database takes it again by then, and is not taken for dead. */
const MISSING_SWEEPS = 2;
/** Work that nobody is known to do is looked for less often: it takes a scan of all that is unfinished. */
const SWEEPS_A_LOOK = 5;

const LOCK_KEY = (id: string) => `hashtextextended('executor:' || ${id}, 0)`;

/**
 * This process's lease on its workflows: a row with its executor id, and a session lock on that id. The lock is
 * free as soon as the process is gone, and whoever sees that takes the workflows over. Taking them from a process
 * that lives after all does no harm: the engine fences each checkpoint by the workflow's owner.
 */
export class Lease {
  readonly #executorId: string;
  readonly #connection: LastingConnection;
  #timer: NodeJS.Timeout | undefined;
  #sweeps = 0;
  #missing = new Map<string, number>();

  constructor(databaseUrl: string, executorId: string) {
    this.#executorId = executorId;
    this.#connection = new LastingConnection({
      url: databaseUrl,
      name: `${APPLICATION_NAME}-lease`,
      onOpen: (client) => this.#take(client),
      onError: (error) => log.warn({ error: error.message }, 'the lease connection failed'),
    });
  }

  /** Takes the lease. Do this before the engine starts, so that none of its workflows is without one. */
  async take(): Promise<void> {
    await this.#connection.open();
  }

  /** Takes over the workflows of processes that are gone, now and from time to time. The engine must run. */
  async startAdopting(): Promise<void> {
    await this.#noteUnknown()
      .then(() => this.#adopt(1))
      .catch(warn);
    this.#schedule();
  }

  /** Gives the lease back; the living adopt what is unfinished. */
  async release(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#connection.close();
  }

  #schedule(): void {
    this.#timer = setTimeout(
      async () => {
        await this.#sweep().catch(warn);
        if (this.#timer) this.#schedule();
      },
      SWEEP_MS * (0.8 + Math.random() * 0.4),
    );
  }

  async #sweep(): Promise<void> {
    if (++this.#sweeps % SWEEPS_A_LOOK === 0) await this.#noteUnknown();
    await this.#adopt(MISSING_SWEEPS);
  }

  async #take(client: pg.Client): Promise<void> {
    await client.query('INSERT INTO executors (id, started_at) VALUES ($1, now()) ON CONFLICT (id) DO NOTHING', [
      this.#executorId,
    ]);
    await client.query(`SELECT pg_advisory_lock(${LOCK_KEY('$1')})`, [this.#executorId]);
  }

  /**
   * Notes whoever has unfinished work and no row: it was taken for dead while it lived, or what it wrote last was
   * committed only after its work had been taken over.
   */
  async #noteUnknown(): Promise<void> {
    await this.#connection.client?.query(
      `INSERT INTO executors (id, started_at)
       SELECT DISTINCT executor_id, now() FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id IS NOT NULL
       ON CONFLICT (id) DO NOTHING`,
    );
  }

  /** Adopts from those whose lock was free at this many sweeps on end. */
  async #adopt(sweeps: number): Promise<void> {
    const client = this.#connection.client;
    if (!client) return;
    const others = await client.query('SELECT FROM executors WHERE id <> $1 LIMIT 1', [this.#executorId]);
    if (others.rows.length === 0) return;
    // The locks are held to the end of the transaction, so that only one process adopts from each.
    await client.query('BEGIN');
    try {
      const { rows } = await client.query<{ id: string }>(
        `SELECT id FROM executors WHERE id <> $1 AND pg_try_advisory_xact_lock(${LOCK_KEY('id')})`,
        [this.#executorId],
      );
      this.#missing = new Map(rows.map(({ id }) => [id, (this.#missing.get(id) ?? 0) + 1]));
      const gone = [...this.#missing].filter(([, times]) => times >= sweeps).map(([id]) => id);
      if (gone.length > 0) {
        await recoverWorkflowsOf(gone);
        await client.query('DELETE FROM executors WHERE id = ANY($1)', [gone]);
        for (const id of gone) this.#missing.delete(id);
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }
}

/** Hands unfinished workflows of other executors to the engine's recovery. The SDK has no public call for it. */
async function recoverWorkflowsOf(executorIds: string[]): Promise<void> {
  await DBOSExecutor.globalInstance?.recoverPendingWorkflows(executorIds);
}

const warn = (error: Error) => log.warn({ error: error.message }, 'no sweep for orphaned workflows');
