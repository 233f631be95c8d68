import { setFlagsFromString } from 'node:v8';
import { PrismaPg } from '@prisma/adapter-pg';
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { StoreClient } from './hosts-client.ts';
import { ANSWER_WITHIN_MS } from './silence.ts';

/** A transaction that is open. What takes one runs inside it, and commits or fails with it. */
export type Tx = Prisma.TransactionClient;

export type Database = PrismaClient;

/** Name that the store's sessions carry in `pg_stat_activity`. */
export const APPLICATION_NAME = 'checkout';

/** Longest that a statement may take, and that a session may hold its locks without saying anything. */
const STATEMENT_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;

/**
 * Prisma's query compiler is WebAssembly. Node.js 20 optimises its functions after so little work that a start spends a
 * third of its processor time on that; this is the budget that later versions have by default.
 */
setFlagsFromString('--wasm-tiering-budget=13000000');

/** How long a transaction waits for a free connection before it is told to try again, and how long it may take. */
const TRANSACTION = { maxWait: 10_000, timeout: 15_000 };

/** Opens the store's connections to a database: `size` at most, made when needed. */
export function openDatabase(url: string, size: number): Database {
  const adapter = new PrismaPg({
    connectionString: url,
    Client: StoreClient,
    max: size,
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: 5_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    answerWithinMs: ANSWER_WITHIN_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
  });
  return new PrismaClient({ adapter, transactionOptions: TRANSACTION });
}

let opened: Database | undefined;

/** Names the database that this process works on; undefined once it has stopped. */
export function setDatabase(database: Database | undefined): void {
  opened = database;
}

/** What is asked of a process that has ended its work, or not begun it. */
export class NotRunningError extends Error {
  constructor() {
    super('The store is not running.');
  }
}

/** The database that this process works on. Throws NotRunningError while there is none. */
export function currentDatabase(): Database {
  if (!opened) throw new NotRunningError();
  return opened;
}

/** Runs one statement with its parameters ($1, $2 …) and returns its rows. */
export function query<Row>(tx: Tx, text: string, ...parameters: unknown[]): Promise<Row[]> {
  return tx.$queryRawUnsafe<Row[]>(text, ...parameters);
}

/**
 * Writes ids or numbers as an array of PostgreSQL, for `$1::uuid[]` and the like: in a fifth of the time that the driver
 * takes, which looks at each value for its kind and for what is to be escaped. Not for texts.
 */
export const arrayOf = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;

/** Reads an array of whole numbers as PostgreSQL writes it: in less than half of the time of the driver's reader. */
export const numbersOf = (array: string): number[] => (array === '{}' ? [] : array.slice(1, -1).split(',').map(Number));

/** What a transaction of group commit can do beside: see Pipeline. */
type SendsAhead = { sendAhead?: (text: string, parameters: unknown[]) => Promise<{ rows: unknown[] }> };

/** Runs statements that do not need each other's rows: where the transaction can, without a round trip for each. */
export async function together<Rows extends unknown[]>(
  tx: Tx,
  ...statements: { [Index in keyof Rows]: () => Promise<Rows[Index]> }
): Promise<Rows> {
  if ((tx as SendsAhead).sendAhead) return (await Promise.all(statements.map((run) => run()))) as Rows;
  const rows: unknown[] = [];
  for (const run of statements) rows.push(await run());
  return rows as Rows;
}

/** Runs a statement whose rows nobody needs: where the transaction can, its outcome is waited for with the COMMIT. */
export async function write(tx: Tx, text: string, ...parameters: unknown[]): Promise<void> {
  const { sendAhead } = tx as SendsAhead;
  if (sendAhead) void sendAhead(text, parameters);
  else await query(tx, text, ...parameters);
}

/**
 * Reads what is needed only after the COMMIT, without a round trip of its own; undefined where the transaction cannot.
 * If it fails, so does the transaction.
 */
export function readAhead<Row>(tx: Tx, text: string, ...parameters: unknown[]): Promise<Row[]> | undefined {
  const rows = (tx as SendsAhead).sendAhead?.(text, parameters).then((result) => result.rows as Row[]);
  rows?.catch(() => {});
  return rows;
}
