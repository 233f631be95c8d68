import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, together, write } from '../../../server/infra/database.ts';
import { GroupPool } from '../../../server/infra/fast/group-pool.ts';
import { Pipeline } from '../../../server/infra/fast/pipeline.ts';
import { useDatabase } from '../../support/database.ts';
import { expectLog } from '../../support/log.ts';

expectLog(/a group connection failed/);

const database = useDatabase();
let pool: GroupPool;
beforeAll(async () => {
  pool = new GroupPool(database.url, 1);
  await pool.query('CREATE TABLE noted (id int PRIMARY KEY, text text NOT NULL)', []);
});
afterAll(() => pool?.close());

const NOTE = 'INSERT INTO noted (id, text) VALUES ($1, $2)';
const ALL = 'SELECT id, text FROM noted ORDER BY id';
const ids = async () => (await pool.query<{ id: number }>(ALL, [])).map(({ id }) => id);

test('what is sent ahead is committed, in order, and seen by what is asked after it', async () => {
  const seen = await pool.transaction(async (tx) => {
    await write(tx, NOTE, 1, 'one');
    await write(tx, NOTE, 2, 'two');
    return query(tx, ALL);
  });
  expect(seen).toEqual([
    { id: 1, text: 'one' },
    { id: 2, text: 'two' },
  ]);
  expect(await ids()).toEqual([1, 2]);
});

test('statements together are answered each with its own rows', async () => {
  const rows = await pool.transaction((tx) =>
    together(
      tx,
      () => query(tx, 'SELECT 1 AS first'),
      () => query(tx, ALL),
      () => query(tx, 'SELECT $1::text AS last', 'given'),
    ),
  );
  expect(rows).toEqual([[{ first: 1 }], [expect.anything(), expect.anything()], [{ last: 'given' }]]);
});

test('when a statement sent ahead fails, nothing is done, its error is thrown, and the connection goes on', async () => {
  const failing = pool.transaction(async (tx) => {
    await write(tx, NOTE, 3, 'three');
    await write(tx, NOTE, 1, 'again');
    await write(tx, NOTE, 4, 'four');
  });
  await expect(failing).rejects.toMatchObject({ code: '23505' });
  expect(await ids()).toEqual([1, 2]);
  await pool.transaction((tx) => write(tx, NOTE, 3, 'three'));
  expect(await ids()).toEqual([1, 2, 3]);
});

test('what is asked after a statement that failed throws the error of that one', async () => {
  const asked = pool.transaction(async (tx) => {
    await write(tx, NOTE, 1, 'again');
    return query(tx, ALL);
  });
  await expect(asked).rejects.toMatchObject({ code: '23505' });
});

test('when the transaction does not begin, what is written in it does not take effect by itself', async () => {
  const sent: string[] = [];
  const failure = Object.assign(new Error('canceled'), { code: '57014' });
  const client = {
    connection: { stream: { cork() {}, uncork() {} } },
    async query(statement: string | { text: string }) {
      sent.push(typeof statement === 'string' ? statement : statement.text);
      if (statement === 'BEGIN') throw failure;
      return { rows: [], command: 'SELECT' };
    },
  };
  const pipeline = new Pipeline(client as never, (text) => text);
  await query(pipeline.tx, ALL);
  await expect(query(pipeline.tx, NOTE, 6, 'six')).rejects.toBe(failure);
  await expect(pipeline.commit()).rejects.toBe(failure);
  expect(sent).toEqual(['BEGIN', ALL]);
});

test('when the body throws, what it sent ahead is undone', async () => {
  const failing = pool.transaction(async (tx) => {
    await write(tx, NOTE, 5, 'five');
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await ids()).toEqual([1, 2, 3]);
});

test('when a COMMIT finds the session gone, its error is thrown', async () => {
  const failing = pool.transaction(async (tx) => {
    await write(tx, NOTE, 6, 'six');
    await write(tx, 'SELECT pg_terminate_backend(pg_backend_pid())');
  });
  await expect(failing).rejects.toMatchObject({ code: '57P01' });
  expect(await ids()).toEqual([1, 2, 3]);
});
