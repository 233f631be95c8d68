import { DBOS } from '@dbos-inc/dbos-sdk';
import { dbRetryConfig } from '@dbos-inc/dbos-sdk/internal/utils';
import pg from 'pg';
import { APPLICATION_NAME } from './database.ts';
import { parseAddress } from './hosts.ts';
import { StoreClient } from './hosts-client.ts';
import { log } from './log.ts';
import { askBeforeTaking, pollRarely, RARELY_MS } from './polling.ts';

/**
 * Fixed on purpose: by default it is a hash of the source, and a new build would finish none of the old one's
 * workflows. A workflow is changed by `DBOS.patch` instead: see docs/decisions.
 */
const APPLICATION_VERSION = '1';

/** Longest that the engine's sessions may hold their locks without saying anything. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** The server ends none of the engine's statements: each is small, but may wait for a lock that somebody holds silently. */
const ENGINE_ANSWER_WITHIN_MS = 20_000;

let connections: pg.Pool | undefined;

/**
 * Launches the durable engine: its tables are migrated, and workflows can be started. `pool` is its share of
 * connections; `leaseMs`: a process that is silent for this long loses its workflows, and with them its locks on them.
 * Register every workflow and step before this.
 */
export async function startEngine(
  databaseUrl: string,
  executorId: string,
  pool: number,
  leaseMs = IDLE_IN_TRANSACTION_TIMEOUT_MS,
): Promise<void> {
  // The SDK backs off from a lost database for up to a minute; a checkout is back within a second of it.
  Object.assign(dbRetryConfig, { initialBackoffSec: 0.1, maxBackoffSec: 1 });
  pollRarely();
  connections = openConnections(databaseUrl, pool, Math.min(leaseMs, IDLE_IN_TRANSACTION_TIMEOUT_MS));
  DBOS.setConfig({
    name: 'checkout',
    // Read for its parts alone: the connections are these.
    systemDatabaseUrl: parseAddress(databaseUrl).url,
    systemDatabasePool: connections,
    executorID: executorId,
    applicationVersion: APPLICATION_VERSION,
    enablePatching: true,
    // Workflows here wait for rows, not for the engine's messages and events.
    useListenNotify: false,
    schedulerPollingIntervalMs: RARELY_MS,
    logger: {
      info: (entry) => log.debug(text(entry)),
      debug: (entry) => log.trace(text(entry)),
      warn: (entry) => log.warn(text(entry)),
      error: (entry) => log.error(entry instanceof Error ? { err: entry } : {}, text(entry)),
    },
  });
  await DBOS.launch();
  askBeforeTaking();
}

/** Stops the engine. Workflows that have not finished stay as recorded, for the next process to go on with. */
export async function stopEngine(): Promise<void> {
  await DBOS.shutdown();
  await connections?.end();
  connections = undefined;
}

/** Opens the engine's connections. The pool that it would make itself knows one host alone. */
function openConnections(databaseUrl: string, size: number, idleMs: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    Client: StoreClient,
    max: size,
    application_name: `${APPLICATION_NAME}-engine`,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: idleMs,
    answerWithinMs: ENGINE_ANSWER_WITHIN_MS,
    keepAlive: true,
  });
  pool.on('error', (error) => log.warn({ error: error.message }, 'an engine connection failed'));
  return pool;
}

const text = (entry: unknown) => (entry instanceof Error ? entry.message : String(entry));
