import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Host } from './hosts.ts';

/** Shorter than a pool waits for a connection, so that who waits hears what is amiss. */
const PROBE_MS = 3_000;
/** How long others may take to answer too, once one says that it is the primary: there may be a newer one. */
const OTHERS_MS = 300;
/** Those who look for a primary while there is none share an answer for this long. */
const PAUSE_MS = 100;
/** How often to look whether there is another primary by now. */
const LOOK_AGAIN_MS = 5_000;

/** No host accepts writes, for now. With what PostgreSQL has for that, so that everybody tries again. */
export class NoPrimaryError extends Error {
  override name = 'NoPrimaryError';
  /** SQL-client unable to establish SQL-connection. */
  readonly code = '08001';
  readonly severity = 'FATAL';
}

type Candidate = Host & { timeline: number };

/** A connection to one of the hosts. */
export type Connected = Readonly<{ cut: () => void }>;

/**
 * Knows which of several hosts is the primary. One look serves all connections of the process; while there are
 * any, it looks again from time to time, and cuts those to a host that is the primary no more: one that
 * says nothing would keep them waiting for as long as TCP has patience, and one that was replaced would go on.
 */
export class Primary {
  readonly #hosts: readonly Host[];
  readonly #connected = new Map<Connected, Host>();
  #known: Host | undefined;
  #looking: Promise<Host> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #newestTimeline = 0;

  constructor(hosts: readonly Host[]) {
    this.#hosts = hosts;
  }

  /** Tells the host that accepts writes; asks all of them unless it is known. Throws NoPrimaryError. */
  async find(): Promise<Host> {
    return this.#known ?? this.#look();
  }

  /** Has the next one who asks look anew: the host could not be connected to, or is no primary after all. */
  forget(): void {
    this.#known = undefined;
  }

  /** Notes a connection to a host. */
  add(connection: Connected, host: Host): void {
    this.#connected.set(connection, host);
    this.#timer ??= setInterval(() => this.#look().catch(() => {}), LOOK_AGAIN_MS).unref();
  }

  /** Notes that a connection has ended. */
  remove(connection: Connected): void {
    this.#connected.delete(connection);
    if (this.#connected.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): Promise<Host> {
    this.#looking ??= this.#ask().then(
      ({ timeline, ...found }) => {
        this.#looking = undefined;
        this.#newestTimeline = timeline;
        this.#known = found;
        for (const [connection, { url }] of this.#connected) if (url !== found.url) connection.cut();
        return found;
      },
      (error: Error) => {
        setTimeout(() => {
          this.#looking = undefined;
        }, PAUSE_MS).unref();
        throw error;
      },
    );
    return this.#looking;
  }

  async #ask(): Promise<Candidate> {
    const problems: string[] = [];
    const answers: (Candidate | undefined)[] = this.#hosts.map(() => undefined);
    const asked = this.#hosts.map(async (host, index) => {
      try {
        answers[index] = await probe(host, this.#newestTimeline);
      } catch (error) {
        problems.push(`${host.host}:${host.port}: ${(error as Error).message}`);
        throw error;
      }
    });
    const all = Promise.allSettled(asked);
    await Promise.race([all, Promise.any(asked).then(() => delay(OTHERS_MS, undefined, { ref: false }))]).catch(
      () => all,
    );
    // A promoted standby begins a new timeline: an old primary that comes back is on an older one.
    const [newest] = answers
      .filter((answer) => answer !== undefined)
      .sort((one, other) => other.timeline - one.timeline);
    if (!newest)
      throw new NoPrimaryError(`could not connect to server: no host accepts writes (${problems.join('; ')})`);
    return newest;
  }
}

/** Asks a host whether it accepts writes, and for its timeline. Throws when it does not, or is behind `newest`. */
async function probe(host: Host, newest: number): Promise<Candidate> {
  const client = new pg.Client({
    connectionString: host.url,
    application_name: 'checkout-hosts',
  });
  client.on('error', () => {}); // Told by the query itself.
  const silence = new Error(`no answer within ${PROBE_MS} ms`);
  const timer = setTimeout(() => client.connection.stream.destroy(silence), PROBE_MS).unref();
  try {
    await client.connect();
    const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
    if (rows[0]?.transaction_read_only !== 'off') throw new Error('it is read-only');
    const timeline = await timelineOf(client);
    if (timeline < newest) throw new Error(`it is on timeline ${timeline}, and ${newest} was seen`);
    return { ...host, timeline };
  } finally {
    // Not waited for: the server may fall silent before it hears of it.
    void client.end().then(() => clearTimeout(timer));
  }
}

/** Tells the timeline of a primary; 0 where the server does not say, as those that only speak PostgreSQL's protocol. */
async function timelineOf(client: pg.Client): Promise<number> {
  const text = `SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline`;
  try {
    const { rows } = await client.query<{ timeline: number }>(text);
    return rows[0]?.timeline ?? 0;
  } catch {
    return 0;
  }
}

const primaries = new Map<string, Primary>();

/** Finds what this process knows of the hosts of an address; undefined if there are not several. */
export function primaryOf(hosts: readonly Host[]): Primary | undefined {
  if (hosts.length === 0) return undefined;
  const key = hosts.map(({ url }) => url).join(' ');
  const primary = primaries.get(key) ?? new Primary(hosts);
  primaries.set(key, primary);
  return primary;
}
