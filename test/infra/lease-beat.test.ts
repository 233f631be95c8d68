import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { beat } from '../../server/infra/lease-beat.ts';
import { createDatabase } from '../support/database.ts';

const GIVEN = { executorId: 'mine', leaseMs: 10_000, silenceMs: 2_000, absenceMs: 2_000, graceMs: 1_500, locked: true };

test('whoever had lost its lease before the database started is gone, also while others may still be connecting', async () => {
  const database = await createDatabase();
  const client = new pg.Client(database.url);
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.drop();
  });
  const expired = async (id: string, renewed: string, expires: string) =>
    client.query(
      `INSERT INTO executors (id, started_at, renewed_at, expires_at)
       VALUES ($1, now(), pg_postmaster_start_time() + $2::interval, pg_postmaster_start_time() + $3::interval)`,
      [id, renewed, expires],
    );
  const gone = async () => (await beat(client, { ...GIVEN, trusting: true })).gone.map(({ id }) => id);

  // All were heard until the database stopped: nobody is known to be gone.
  await expired('killed', '-31 seconds', '-21 seconds');
  await expired('stopped with the database', '-30 seconds', '-20 seconds');
  expect(await gone()).toEqual([]);

  // One was still heard when the lease of another was over.
  await expired('heard', '-5 seconds', '5 seconds');
  expect((await gone()).toSorted()).toEqual(['killed', 'stopped with the database']);
});
