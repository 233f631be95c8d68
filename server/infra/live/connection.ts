import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { StoreClient } from '../hosts-client.ts';
import { ANSWER_WITHIN_MS } from '../silence.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 500;

type Options = {
  url: string;
  /** Shown in `pg_stat_activity`. */
  name: string;
  /** Called with each new connection, before it counts as open; what it throws ends that connection. */
  onOpen: (client: pg.Client) => Promise<void>;
  onError: (error: Error) => void;
  /** Longest that a statement waits for a lock; as long as it takes unless told. */
  lockTimeoutMs?: number;
};

/** One connection of its own to the database, opened again whenever it is lost, for as long as it is wanted. */
export class LastingConnection {
  readonly #options: Options;
  #client: pg.Client | undefined;
  #wanted = true;
  #reopening: Promise<void> | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The connection, or undefined while it is lost. */
  get client(): pg.Client | undefined {
    return this.#client;
  }

  /** Connects. Throws when the first attempt fails. */
  async open(): Promise<void> {
    const { url, name, onOpen, onError, lockTimeoutMs } = this.#options;
    const client = new StoreClient({
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: 5_000,
      answerWithinMs: ANSWER_WITHIN_MS,
      lock_timeout: lockTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
    });
    client.on('error', onError);
    await client.connect();
    // Only from here on: a failed attempt emits `end` too, and would start a second round of attempts.
    client.once('end', () => this.#lost(client));
    try {
      await onOpen(client);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    this.#client = client;
    if (!this.#wanted) await client.end();
  }

  async close(): Promise<void> {
    this.#wanted = false;
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
    await this.#reopening;
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    if (this.#wanted) this.#reopening = this.#reopen();
  }

  async #reopen(): Promise<void> {
    for (let failures = 0; this.#wanted; failures++) {
      await delay(Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) * (0.5 + Math.random()));
      if (!this.#wanted) return;
      try {
        return await this.open();
      } catch (error) {
        this.#options.onError(error as Error);
      }
    }
  }
}
