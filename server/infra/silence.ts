import type { Socket } from 'node:net';
import pg from 'pg';

/** More than the ten seconds after which the server ends a statement; those that listen and hold the lease send none so long. */
export const ANSWER_WITHIN_MS = 12_000;
/** Looks within the time in which a statement has to be answered. */
const LOOKS = 4;
const PROBE_MS = 3_000;

declare module 'pg' {
  interface ClientConfig {
    /**
     * A StoreClient breaks its connection off when a statement waits and nothing has come for about this long: see
     * `cutWhenSilent`. To be more than the longest statement is given by the server.
     */
    answerWithinMs?: number;
  }
}

/**
 * Breaks a connection off that leaves a statement unanswered for `answerWithinMs`, or a quarter more. The network, or a host that
 * is gone, can leave it without a word, and the kernel sends again for a quarter of an hour. A COMMIT that waits for a
 * synchronous standby goes on waiting: whoever cut it off would only wait behind its locks, in one more session.
 */
export function cutWhenSilent(client: pg.Client, answerWithinMs: number): void {
  const stream = client.connection.stream as Socket;
  let heard = stream.bytesRead;
  let silentLooks = 0;
  const look = async () => {
    // A public property of node-postgres, though not in its types: false while a statement waits for its answer.
    const waits = !(client as unknown as { readyForQuery: boolean }).readyForQuery;
    silentLooks = waits && stream.bytesRead === heard ? silentLooks + 1 : 0;
    heard = stream.bytesRead;
    if (silentLooks <= LOOKS) return;
    silentLooks = 0;
    if (!(await waitsForStandby(client)) && stream.bytesRead === heard) stream.destroy();
  };
  const timer = setInterval(() => void look(), answerWithinMs / LOOKS);
  timer.unref();
  client.once('end', () => clearInterval(timer));
}

/** Whether the session is alive and waits for a standby, as another session sees it; false where none can be had. */
async function waitsForStandby(client: pg.Client): Promise<boolean> {
  const { host, port, user, database, password, ssl } = client;
  const probe = new pg.Client({
    ...{ host, port, user, database, ssl, password: password ?? undefined },
    ...{ connectionTimeoutMillis: PROBE_MS, query_timeout: PROBE_MS },
  });
  probe.on('error', () => {});
  try {
    await probe.connect();
    const { rowCount } = await probe.query(
      `SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND wait_event = 'SyncRep'`,
      [(client as unknown as { processID: number }).processID],
    );
    return rowCount === 1;
  } catch {
    return false;
  } finally {
    probe.end().catch(() => {});
  }
}
