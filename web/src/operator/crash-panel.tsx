import { useRef, useState } from 'react';
import { useClient } from 'urql';
import { delay } from '../api/backoff.ts';
import { fetchOnce } from '../api/fetch.ts';
import { health } from '../api/server.ts';
import { CrashDocument, ServerDocument } from '../gql/graphql.ts';
import ui from '../ui/ui.module.css';
import { useServer } from '../ui/use-server.ts';
import styles from './operator.module.css';

const ASK_AGAIN_MS = 300;

type Crashed = { before: string; after?: string; seconds?: number };

/** Kills the server process on request, and shows the one that takes over. */
export function CrashPanel() {
  const client = useClient();
  const server = useServer();
  const [crashed, setCrashed] = useState<Crashed>();
  const [problem, setProblem] = useState<string>();
  const busy = useRef(false);

  async function crash() {
    if (busy.current) return;
    busy.current = true;
    setProblem(undefined);
    const before = (await client.query(ServerDocument, {}, { requestPolicy: 'network-only' })).data?.server;
    const at = performance.now();
    // Not sent again when there is no answer: one click kills one process.
    const result = await client.mutation(CrashDocument, {}, { fetch: fetchOnce });
    if (result.error?.graphQLErrors[0]) setProblem(result.error.graphQLErrors[0].message);
    else if (before) {
      setCrashed({ before: before.executorId });
      const after = await successor(before.startedAt);
      setCrashed({ before: before.executorId, after, seconds: (performance.now() - at) / 1000 });
    }
    busy.current = false;
  }

  /** Waits for a server that started at another time, and gives its name. */
  async function successor(startedAt: string): Promise<string> {
    for (;;) {
      await delay(ASK_AGAIN_MS);
      await health.suspect();
      const { data } = await client.query(ServerDocument, {}, { requestPolicy: 'network-only' });
      if (data && data.server.startedAt !== startedAt) return data.server.executorId;
    }
  }

  const waiting = crashed !== undefined && crashed.after === undefined;
  return (
    <section className={`${ui.card} ${styles.panel}`} aria-labelledby="crash-title">
      <h2 id="crash-title">Crash</h2>
      <p className={styles.quiet}>
        Kills the server process at once, in the middle of whatever it is doing. It starts again by itself, and every
        order goes on where it was.
      </p>
      {server && (
        <p className={styles.quiet}>
          Serving this page: <code data-testid="executor">{server.executorId}</code>
        </p>
      )}
      <div>
        <button
          type="button"
          className={`${ui.button} ${ui.danger}`}
          aria-disabled={waiting}
          onClick={() => void crash()}
        >
          {waiting ? 'Waiting for it to come back…' : 'Crash the server'}
        </button>
      </div>
      <div role="status" data-testid="crash-outcome">
        {problem && (
          <p className={ui.notice} data-kind="error">
            {problem}
          </p>
        )}
        {crashed && (
          <p className={ui.notice} data-kind={crashed.after === undefined ? 'error' : 'good'}>
            The server <code>{crashed.before}</code> was killed.
            {crashed.after !== undefined && (
              <span>
                {' '}
                <code>{crashed.after}</code> <span>{`is back after ${crashed.seconds?.toFixed(1)} s.`}</span>
              </span>
            )}
          </p>
        )}
      </div>
    </section>
  );
}
