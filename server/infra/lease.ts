import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { APPLICATION_NAME } from './database.ts';
import { adopt, takeUpStranded } from './lease-adoption.ts';
import { beat, giveUp, type Heard, noteUnknown, RELEASES } from './lease-beat.ts';
import { LastingConnection } from './live/connection.ts';
import { log } from './log.ts';

const BEAT_MS = 1_200;
/** A beat may be late by its jitter and a busy moment. */
const SILENCE_BEATS = 1.6;
/** After a restart or a failover of the database everyone has connected again by then, and is heard. */
const GRACE_MS = 1_500;
/** Work that nobody is known to do is looked for less often: it takes a scan of all that is unfinished. */
const BEATS_A_LOOK = 10;
const BEATS_A_LOOK_AT_OURS = 25;
/** Those who hear of a release do not all come at the same moment. */
const SPREAD_MS = 100;
const RELEASE_MS = 2_000;

/**
 * This process's lease on its workflows: a row that it renews with each beat, and a session lock on its executor id. Who
 * is silent and holds no lock is gone; who is silent until its lease has expired hangs, or is cut off. The living then
 * take the workflows over. Taking them from a process that lives after all does no harm: the engine fences each
 * checkpoint by the workflow's owner, and with its next beat that process has its lease again, and what is left to it.
 */
export class Lease {
  readonly #executorId: string;
  readonly #leaseMs: number;
  readonly #beatMs: number;
  readonly #connection: LastingConnection;
  #timer: NodeJS.Timeout | undefined;
  #beats = 0;
  #reconnectedAt = Number.NEGATIVE_INFINITY;
  #renewedAt: number | undefined;
  #locked = false;
  #adopting: Promise<void> | undefined;
  #mayAdopt = false;
  #released: Promise<void> | undefined;
  #question: Promise<boolean> | undefined;

  /** `leaseMs`: how long it holds without a beat. */
  constructor(databaseUrl: string, executorId: string, leaseMs: number) {
    this.#executorId = executorId;
    this.#leaseMs = leaseMs;
    this.#beatMs = Math.min(BEAT_MS, leaseMs / 4);
    this.#connection = new LastingConnection({
      url: databaseUrl,
      name: `${APPLICATION_NAME}-lease`,
      onOpen: (client) => this.#begin(client),
      onError: (error) => log.warn({ error: error.message }, 'the lease connection failed'),
    });
  }

  /** Takes the lease. Do this before the engine starts, so that none of its workflows is without one. */
  async take(): Promise<void> {
    await this.#connection.open();
    this.#schedule();
  }

  /** Takes over the workflows of processes that are gone, now and from time to time. The engine must run. */
  async startAdopting(): Promise<void> {
    this.#mayAdopt = true;
    const client = this.#connection.client;
    if (!client) return;
    try {
      await this.#inTime(client, () => noteUnknown(client));
      // A lock that is free now is free for good: at the start, a predecessor is not given the time to be heard.
      const heard = await this.#beat(client, 0, false);
      await this.#adopt(client, heard);
    } catch (error) {
      warn(error as Error);
    }
  }

  /** Whether the database answers on this connection within so many milliseconds. */
  async answers(withinMs: number): Promise<boolean> {
    const client = this.#connection.client;
    if (!client) return false;
    // Those who ask while a question is unanswered share it.
    this.#question ??= client
      .query('SELECT 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.#question = undefined;
      });
    return Promise.race([this.#question, delay(withinMs, false, { ref: false })]);
  }

  /** Gives the lease up for good; the living adopt at once what is unfinished, also while it still runs here. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    clearTimeout(this.#timer);
    const client = this.#connection.client;
    const giveBack = async (client: pg.Client) => {
      await this.#adopting?.catch(() => {});
      await giveUp(client, this.#executorId);
    };
    if (client) await this.#inTime(client, () => giveBack(client), RELEASE_MS).catch(warn);
    await this.#connection.close();
  }

  #schedule(afterMs = this.#beatMs * (0.9 + Math.random() * 0.2)): void {
    clearTimeout(this.#timer);
    if (this.#released) return;
    this.#timer = setTimeout(async () => {
      await this.#sweep().catch(warn);
      this.#schedule();
    }, afterMs);
  }

  async #begin(client: pg.Client): Promise<void> {
    // At the first connection, the others have had no reason to lose theirs.
    if (this.#renewedAt !== undefined) this.#reconnectedAt = performance.now();
    this.#locked = false;
    client.on('notification', () => this.#schedule(Math.random() * SPREAD_MS));
    await this.#inTime(client, () => client.query(`LISTEN ${RELEASES}`));
    this.#take(client, await this.#beat(client, this.#beatMs * SILENCE_BEATS, true));
  }

  async #sweep(): Promise<void> {
    const client = this.#connection.client;
    if (!client) return;
    const trusting = performance.now() - this.#reconnectedAt < GRACE_MS;
    const heard = await this.#beat(client, this.#beatMs * SILENCE_BEATS, trusting);
    if (!this.#mayAdopt) return;
    this.#beats++;
    if (this.#beats % BEATS_A_LOOK === 0) await this.#inTime(client, () => noteUnknown(client));
    if (this.#beats % BEATS_A_LOOK_AT_OURS === 0)
      await this.#inTime(client, () => takeUpStranded(client, this.#executorId));
    this.#take(client, heard);
  }

  /** Has work taken over while beats go on. */
  #take(client: pg.Client, heard: Heard): void {
    if (this.#mayAdopt && heard.gone.length > 0 && !this.#adopting) this.#adopt(client, heard).catch(warn);
  }

  async #beat(client: pg.Client, silenceMs: number, trusting: boolean): Promise<Heard> {
    const heard = await this.#inTime(client, () =>
      beat(client, {
        executorId: this.#executorId,
        leaseMs: this.#leaseMs,
        silenceMs,
        absenceMs: BEAT_MS * SILENCE_BEATS,
        trusting,
        graceMs: GRACE_MS,
        locked: this.#locked,
      }),
    );
    this.#locked = heard.locked;
    const now = performance.now();
    const silentMs = Math.round(now - (this.#renewedAt ?? now));
    if (silentMs > this.#leaseMs) log.warn({ silentMs }, 'the lease had expired: others may have taken workflows over');
    this.#renewedAt = now;
    return heard;
  }

  #adopt(client: pg.Client, heard: Heard): Promise<void> {
    this.#adopting = adopt(client, this.#executorId, heard, () => !this.#released).finally(() => {
      this.#adopting = undefined;
    });
    return this.#adopting;
  }

  /** Ends a connection that gives no answer in time: it may be one that nobody hears of again. Another is opened then. */
  async #inTime<Result>(client: pg.Client, ask: () => Promise<Result>, ms = this.#leaseMs): Promise<Result> {
    const timer = setTimeout(() => client.connection.stream.destroy(), ms);
    try {
      return await ask();
    } finally {
      clearTimeout(timer);
    }
  }
}

const warn = (error: Error) => log.warn({ error: error.message }, 'no sweep for orphaned workflows');
