/** What the store needs to know of a failure of the database. */
export type DatabaseFailure = {
  /** Five characters, by PostgreSQL's table of error codes; undefined when the server never answered. */
  sqlState: string | undefined;
  /** Nothing is wrong with what was asked: the same transaction, run again, can succeed. */
  retriable: boolean;
};

const SERIALIZATION_FAILURE = '40001';
const LOCK_NOT_AVAILABLE = '55P03';
const TRY_AGAIN = new Set([
  SERIALIZATION_FAILURE,
  '40P01', // deadlock detected
  '25006', // this server has become read-only: another one is the primary now
  '25P03', // idle-in-transaction timeout: this process was frozen meanwhile
  LOCK_NOT_AVAILABLE,
]);
/** By the first two characters of the code. */
const CLASSES_TRY_AGAIN = new Set([
  '08', // the connection failed, or cannot be made: see StoreClient
  '53', // no disk, memory or connection left
  '57', // a timeout; the server is starting or stopping, or the session was ended
  '58', // the disk failed, as it also does when it is full
]);
/** Prisma: unreachable, timed out, closed; no free connection; the transaction timed out or vanished; write conflict. */
const PRISMA_TRY_AGAIN = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037']);
const SYSTEM_TRY_AGAIN = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH']);
const ADAPTER_TRY_AGAIN = new Set(['ConnectionClosed', 'DatabaseNotReachable', 'SocketTimeout', 'TooManyConnections']);
/** node-postgres reports a connection that ended under a query without any code. */
const LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** A migration has changed the types of what a prepared statement returns: on a new connection it succeeds. */
const STALE = /cached plan must not change result type/;

/** Tells whether a failure says that what a connection has prepared is of no use any more. */
export const isStale = (error: unknown): boolean => error instanceof Error && STALE.test(error.message);

/** Tells whether a statement was given up because somebody else held a row for too long. */
export const isHeld = (error: unknown): boolean => databaseFailure(error).sqlState === LOCK_NOT_AVAILABLE;

type Cause = Partial<Record<'code' | 'kind' | 'originalCode' | 'message' | 'cause', unknown>> & {
  meta?: { driverAdapterError?: { cause?: unknown } };
};

/**
 * Reads a failure of Prisma 7 with a driver adapter. The SQLSTATE of a raw query is in
 * `meta.driverAdapterError.cause.originalCode` of a P2010, and that of a COMMIT in `cause.originalCode` of a
 * bare DriverAdapterError; neither is where the SDK's own helper looks for it.
 */
export function databaseFailure(error: unknown): DatabaseFailure {
  let sqlState: string | undefined;
  let retriable = false;
  for (const cause of causesOf(error)) {
    for (const code of [cause.originalCode, cause.code])
      if (typeof code === 'string') {
        if (/^[0-9A-Z]{5}$/.test(code) && !/^P\d{4}$/.test(code) && !SYSTEM_TRY_AGAIN.has(code)) sqlState ??= code;
        if (PRISMA_TRY_AGAIN.has(code) || SYSTEM_TRY_AGAIN.has(code)) retriable = true;
      }
    if (typeof cause.kind === 'string') {
      if (ADAPTER_TRY_AGAIN.has(cause.kind)) retriable = true;
      if (cause.kind === 'TransactionWriteConflict') sqlState ??= SERIALIZATION_FAILURE;
    }
    if (typeof cause.message === 'string' && (LOST.test(cause.message) || STALE.test(cause.message))) retriable = true;
  }
  if (sqlState !== undefined) retriable ||= TRY_AGAIN.has(sqlState) || CLASSES_TRY_AGAIN.has(sqlState.slice(0, 2));
  return { sqlState, retriable };
}

function* causesOf(error: unknown): Generator<Cause> {
  let next = error;
  for (let depth = 0; depth < 8 && typeof next === 'object' && next !== null; depth++) {
    const cause = next as Cause;
    yield cause;
    next = cause.meta?.driverAdapterError?.cause ?? cause.cause;
  }
}
