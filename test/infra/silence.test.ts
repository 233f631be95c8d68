import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { databaseFailure } from '../../server/infra/database-errors.ts';
import { StoreClient } from '../../server/infra/hosts-client.ts';
import { type Postgres, startPostgres } from '../../server/infra/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy } from '../support/proxy.ts';

const ANSWER_WITHIN_MS = 400;
/** Its standby never comes; whoever does not ask for that does not wait for it. */
const settings = { synchronous_standby_names: 'away', synchronous_commit: 'local' };
let folder: string;
let postgres: Postgres;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'silence-test-'));
  await chmod(folder, 0o755);
  postgres = await startPostgres({ dataDir: folder, initialSync: false, settings });
});
afterAll(async () => {
  await postgres?.stop('immediate');
  await rm(folder, { recursive: true });
});

async function connected(connectionString: string, answerWithinMs?: number): Promise<StoreClient> {
  const client = new StoreClient({ connectionString, ...(answerWithinMs && { answerWithinMs }) });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  return client;
}

test('a connection that is lost without a word is broken off, once a statement waits on it', async () => {
  const proxy = await startProxy(postgres.url);
  onTestFinished(() => proxy.close());
  const client = await connected(proxy.url, ANSWER_WITHIN_MS);
  await client.query('SELECT 1');
  proxy.lose();
  const failure: unknown = await client.query('SELECT 1').then(
    () => 'answered',
    (error: unknown) => error,
  );
  expect(databaseFailure(failure)).toMatchObject({ retriable: true });
});

test('a COMMIT that waits for a synchronous standby goes on waiting', async () => {
  const admin = await connected(postgres.url);
  const client = await connected(postgres.url, ANSWER_WITHIN_MS);
  await client.query('SET synchronous_commit = on');
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const created = client.query('CREATE TABLE awaited ()');
  // Broken off, it is heard of below.
  created.catch(() => {});
  await eventually('it has waited for several times as long', async () => {
    const { rowCount } = await admin.query(
      `SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep' AND now() - query_start > $2::interval`,
      [rows[0]!.pid, `${5 * ANSWER_WITHIN_MS} ms`],
    );
    return rowCount === 1;
  });
  await admin.query('SELECT pg_cancel_backend($1)', [rows[0]!.pid]);
  expect((await created).command).toBe('CREATE');
});
