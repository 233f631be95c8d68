import type pg from 'pg';
import { APPLICATION_NAME } from '../database.ts';
import { log } from '../log.ts';
import { LastingConnection } from './connection.ts';
import { DatabaseClock } from './database-clock.ts';
import { type Change, Hub, type Topic, type Watch } from './hub.ts';
import { inPayloads, readPayload } from './payload.ts';
import { sweep } from './sweep.ts';

const CHANNEL = 'checkout_changes';
/** Changes of this long go out as one notification: in-transaction NOTIFY would serialize all commits. */
const COALESCE_MS = 10;
const SWEEP_MS = 1_000;
/** A sweep looks back to before the last one by this, since a change is dated before it is committed. */
const SWEEP_BACK_MS = 5_000;
const SWEEPS_AN_AGE = 10;
/** While somebody locks a table whole, changes are still listened for; what is swept then is swept later. */
const LOCK_TIMEOUT_MS = 3_000;

const OWN_SESSION = 'SELECT pg_backend_pid() AS own, extract(epoch FROM clock_timestamp())::float8 * 1000 AS now';

/**
 * Tells this process and all others what has changed, once it is committed. A notification is only a hint to look:
 * one that is lost, with its connection or with the process that should have sent it, is made good by a sweep.
 */
class Live {
  readonly #hub = new Hub();
  #connection: LastingConnection | undefined;
  #unsent = new Map<Topic, number>();
  #flushTimer: NodeJS.Timeout | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #sweeps = 0;
  #sweptUntil: number | undefined;
  readonly #clock = new DatabaseClock();

  /** Connects to the database and begins to listen. */
  async start(url: string): Promise<void> {
    this.#connection = new LastingConnection({
      url,
      name: `${APPLICATION_NAME}-live`,
      onOpen: (client) => this.#listen(client),
      onError: (error) => log.warn({ error: error.message }, 'the live connection failed'),
      lockTimeoutMs: LOCK_TIMEOUT_MS,
    });
    await this.#connection.open();
    this.#scheduleSweep();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#sweepTimer);
    this.#sweepTimer = undefined;
    await this.#flush();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  /** Whether changes made by other processes are being heard. */
  get listening(): boolean {
    return this.#connection?.client !== undefined;
  }

  /** Begins to watch topics: see Hub. */
  watch(topics: Iterable<Topic>): Watch {
    return this.#hub.watch(topics);
  }

  /** Tells the milliseconds from now, by the database's clock, until `at` (Unix milliseconds); negative when past. */
  millisecondsUntil(at: number): number {
    return at - this.#clock.now();
  }

  /** Tells the time by the database's clock, as Unix milliseconds. */
  databaseNow(): number {
    return this.#clock.now();
  }

  /** Wakes whoever watches what has changed: here at once, in other processes with the next notification. */
  announce(changes: Iterable<Change>): void {
    for (const change of changes) {
      this.#hub.wake(change);
      this.#unsent.set(change.topic, change.version);
    }
    if (this.#unsent.size > 0) this.#flushTimer ??= setTimeout(() => void this.#flush(), COALESCE_MS);
  }

  async #listen(client: pg.Client): Promise<void> {
    const askedAt = performance.now();
    const { rows } = await client.query<{ own: number; now: number }>(OWN_SESSION);
    this.#clock.set(rows[0]!.now, askedAt);
    client.on('notification', ({ payload, processId }) => {
      // What this process announced, it has told its own readers already.
      if (processId === rows[0]?.own) return;
      for (const change of readPayload(payload ?? '')) this.#hub.wake(change);
    });
    await client.query(`LISTEN ${CHANNEL}`);
    this.#hub.wakeAll();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const client = this.#connection?.client;
    // Without a connection nothing is kept: readers elsewhere find the changes by their sweep.
    const payloads = inPayloads(this.#unsent);
    this.#unsent = new Map();
    if (!client || payloads.length === 0) return;
    await client
      .query(`SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS payload`, [payloads])
      .catch((error: Error) => this.#warn(error, 'changes were not announced'));
  }

  #scheduleSweep(): void {
    this.#sweepTimer = setTimeout(
      async () => {
        const client = this.#connection?.client;
        if (client) await this.#sweepOn(client).catch((error: Error) => this.#warn(error, 'no sweep'));
        if (this.#sweepTimer) this.#scheduleSweep();
      },
      SWEEP_MS * (0.9 + Math.random() * 0.2),
    );
  }

  /** What is cut off because this process ends is no news. */
  #warn({ message }: Error, what: string): void {
    if (this.#connection) log.warn({ error: message }, what);
  }

  async #sweepOn(client: pg.Client): Promise<void> {
    const askedAt = performance.now();
    const since = this.#sweptUntil === undefined ? undefined : this.#sweptUntil - SWEEP_BACK_MS;
    const { changes, databaseNow } = await sweep(client, this.#hub.kinds(), since);
    this.#clock.set(databaseNow, askedAt);
    this.#sweptUntil = databaseNow;
    for (const change of changes) this.#hub.wake(change);
    if (++this.#sweeps % SWEEPS_AN_AGE === 0) this.#hub.age();
  }
}

/** The one of this process. */
export const live = new Live();
