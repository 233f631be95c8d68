import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type PostgresOptions, startPostgres } from '../infra/postgres.ts';
import { backOff } from './back-off.ts';

export type KeptPostgres = Readonly<{ url: string; stop(mode?: 'fast' | 'immediate'): Promise<void> }>;

/**
 * Starts the embedded PostgreSQL, and again, at the same address, when it ends unasked. An idle connection tells that:
 * it breaks when the server ends, so nothing has to be asked again and again. Throws PostgresError if it can not start.
 */
export async function keepPostgres(options: PostgresOptions, report: (message: string) => void): Promise<KeptPostgres> {
  const end = new AbortController();
  let postgres = await startPostgres(options);
  let repair: Promise<void> | undefined;
  let sentinel: pg.Client | undefined;
  const port = Number(new URL(postgres.url).port);

  const pause = (failures: number) => delay(backOff(failures), undefined, { signal: end.signal }).catch(() => {});

  async function watch(): Promise<void> {
    const client = new pg.Client({ connectionString: postgres.url, application_name: 'supervisor' });
    client.on('error', () => {}); // Followed by its end.
    await client.connect();
    sentinel = client;
    // Only now: a connection that could not be made ends too.
    client.once('end', () => {
      if (!end.signal.aborted) repair = bringBack();
    });
  }

  async function bringBack(): Promise<void> {
    const since = performance.now();
    for (let failures = 0; !end.signal.aborted; await pause(failures)) {
      try {
        const again = await startPostgres({ ...options, port });
        const restarted = again.pid !== postgres.pid;
        postgres = again;
        await watch();
        if (restarted) report(`PostgreSQL ended; it is back after ${Math.round(performance.now() - since)} ms`);
        return;
      } catch (error) {
        failures += 1;
        report(`PostgreSQL ended and does not start again. ${(error as Error).message}`);
      }
    }
  }

  try {
    await watch();
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return {
    url: postgres.url,
    stop: async (mode) => {
      end.abort();
      await repair;
      await sentinel?.end().catch(() => {});
      await postgres.stop(mode);
    },
  };
}
