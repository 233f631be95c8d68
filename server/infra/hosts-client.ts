import pg from 'pg';
import { type Host, isThisMachine, parseAddress } from './hosts.ts';
import { NoPrimaryError, type Primary, primaryOf } from './hosts-primary.ts';
import { cutWhenSilent } from './silence.ts';

const READ_ONLY_TRANSACTION = '25006';
const CONNECTION_FAILURE = '08006';
const NOT_CONNECTED = '08001';

/**
 * How the statements here, Prisma's and the engine's read and write times, and where they find the tables. A database or a
 * role can be set otherwise, and some packages of PostgreSQL take over the time zone of the machine.
 */
const SESSION = { TimeZone: 'UTC', DateStyle: 'ISO', search_path: 'public' };

declare module 'pg' {
  interface Client {
    /** The parameters that a session starts with: a method that is not in the package's types. */
    getStartupConf(): Record<string, string>;
  }
}

/** Whether what is said to a database, the password included, can be read on the way: it is elsewhere, and there is no TLS. */
export function isInTheClear(databaseUrl: string): boolean {
  const { url, hosts } = parseAddress(databaseUrl);
  const addresses = hosts.length > 0 ? hosts.map((host) => host.url) : [url];
  return addresses.some((connectionString) => {
    const { host, ssl } = new pg.Client({ connectionString });
    return !ssl && !isThisMachine(host);
  });
}

type Callback = (error?: Error) => void;
type Parameter = { parameterName: string; parameterValue: string };

/**
 * A connection could not be made. Whatever the reason, and whoever is to mend it, that says nothing of what was to be asked:
 * a host whose name is not found, a password that is refused, a certificate that has run out are one code to whoever
 * decides by codes, the durable engine included, which would give an order up for most of them.
 */
export class NotConnectedError extends Error {
  override name = 'NotConnectedError';
  readonly code = NOT_CONNECTED;
}

/**
 * A client of node-postgres that is connected to a server that accepts writes, or not at all. With several hosts in
 * its connection string it finds the primary first; with one, it connects as any client does. For pools, too, by
 * their option `Client`.
 */
export class StoreClient extends pg.Client {
  readonly #primary: Primary | undefined;
  /** What the server tells of itself while the session starts, from PostgreSQL 14 on: it costs nothing to look. */
  #readOnly = new Set<string>();
  readonly #answerWithinMs: number | undefined;

  constructor(config: pg.ClientConfig = {}) {
    const { url, hosts } = parseAddress(config.connectionString ?? '');
    super({ ...config, connectionString: url });
    this.#primary = primaryOf(hosts);
    this.#answerWithinMs = config.answerWithinMs;
    this.connection.on('parameterStatus', ({ parameterName, parameterValue }: Parameter) => {
      if (parameterName !== 'in_hot_standby' && parameterName !== 'default_transaction_read_only') return;
      if (parameterValue === 'on') this.#readOnly.add(parameterName);
      else this.#readOnly.delete(parameterName);
    });
    // Before node-postgres hears of it, and hands it to the query: who wrote is told that the connection is lost,
    // which everyone knows how to repeat, and the pool does not keep it.
    this.connection.on('errorMessage', (error: pg.DatabaseError) => {
      if (error.code !== READ_ONLY_TRANSACTION) return;
      error.code = CONNECTION_FAILURE;
      this.#primary?.forget();
      this.cut();
    });
  }

  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), ...SESSION };
  }

  /** Breaks the connection off, as a network does. */
  cut(): void {
    this.connection.stream.destroy();
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.Client> | undefined {
    if (!callback)
      return new Promise((resolve, reject) => this.connect((error) => (error ? reject(error) : resolve(this))));
    const primary = this.#primary;
    const done = (error?: Error) => callback(error && new NotConnectedError(error.message, { cause: error }));
    if (primary) primary.find().then((host) => this.#connectTo(primary, host, done), done);
    else this.#connect(done);
  }

  #connectTo(primary: Primary, host: Host, callback: Callback): void {
    this.host = host.host;
    this.port = host.port;
    this.#connect((error) => {
      if (error) primary.forget();
      else {
        primary.add(this, host);
        this.once('end', () => primary.remove(this));
      }
      callback(error);
    });
  }

  #connect(callback: Callback): void {
    super.connect((error: Error | null) => {
      if (!error && this.#answerWithinMs !== undefined) cutWhenSilent(this, this.#answerWithinMs);
      if (error || this.#readOnly.size === 0) return callback(error ?? undefined);
      this.on('error', () => {});
      this.end(() => {});
      callback(new NoPrimaryError(`could not connect to server: ${this.host}:${this.port} is read-only`));
    });
  }
}
