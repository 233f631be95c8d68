import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase, query } from '../../server/infra/database.ts';
import { databaseFailure } from '../../server/infra/database-errors.ts';
import { GroupPool } from '../../server/infra/fast/group-pool.ts';
import { useDatabase } from '../support/database.ts';
import { expectLog } from '../support/log.ts';
import { startProxy } from '../support/proxy.ts';

expectLog(/SSL modes/);

const store = useDatabase();
let database: Database;
beforeAll(async () => {
  database = openDatabase(store.url, 3);
  await database.$executeRaw`CREATE TABLE things (id int PRIMARY KEY)`;
  await database.$executeRawUnsafe(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '40001'; END $$`);
  await database.$executeRaw`
    CREATE CONSTRAINT TRIGGER refusing AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.id = 99) EXECUTE FUNCTION refuse()`;
});
afterAll(() => database?.$disconnect());

/** Tells what is known of the failure of something that fails. */
async function failureOf(fail: Promise<unknown>) {
  const error = await fail.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  return databaseFailure(error);
}

describe('by its SQLSTATE', () => {
  test.each([
    ['40001', true],
    ['40P01', true],
    ['55P03', true],
    ['57014', true],
    ['57P01', true],
    ['57P03', true],
    ['53100', true],
    ['53200', true],
    ['53300', true],
    ['58030', true],
    ['08006', true],
    ['53400', true],
    ['57P05', true],
    ['22012', false],
    ['23503', false],
    ['23505', false],
    ['42601', false],
    ['42P01', false],
    ['XX000', false],
  ])('%s is retriable: %s', async (sqlState, retriable) => {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '${sqlState}'; END $$`;
    expect(await failureOf(query(database, raise))).toEqual({ sqlState, retriable });
    expect(await failureOf(database.$transaction((tx) => tx.$executeRawUnsafe(raise)))).toEqual({
      sqlState,
      retriable,
    });
  });
});

test('a serialization failure at COMMIT is retriable', async () => {
  const failure = await failureOf(database.$transaction((tx) => tx.$executeRaw`INSERT INTO things VALUES (99)`));
  expect(failure).toEqual({ sqlState: '40001', retriable: true });
});

test('a unique violation of a statement that Prisma writes is not retriable', async () => {
  const data = { keyHash: 'k', requestHash: 'h', productIds: [], at: new Date() };
  await database.restock.create({ data });
  expect((await failureOf(database.restock.create({ data }))).retriable).toBe(false);
});

test('a session that is terminated is retriable', async () => {
  const failure = await failureOf(
    database.$transaction(async (tx) => {
      const [session] = await query<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid');
      await query(database, 'SELECT pg_terminate_backend($1, 5000)', session!.pid);
      await query(tx, 'SELECT 1');
    }),
  );
  expect(failure.retriable).toBe(true);
});

test('a connection that is lost in the middle of a query is retriable', async () => {
  const proxy = await startProxy(store.url);
  const distant = openDatabase(proxy.url, 1);
  await distant.$executeRaw`SELECT 1`;
  const failing = failureOf(query(distant, 'SELECT pg_sleep(60)'));
  proxy.cut();
  expect(await failing).toEqual({ sqlState: undefined, retriable: true });
  await distant.$disconnect();
  await query(
    database,
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'`,
  );
  await proxy.close();
});

/** Each with what goes wrong before a statement is sent. */
const unreachable: [string, (url: URL) => void][] = [
  ['a server that is not there', (url) => Object.assign(url, { port: '1' })],
  ['a host that nobody knows by name', (url) => (url.hostname = 'nowhere.invalid')],
  ['a password that is refused', (url) => Object.assign(url, { username: 'nobody', password: 'wrong' })],
  ['a database that is not there', (url) => (url.pathname = '/nothing')],
  ['a server without TLS', (url) => url.searchParams.set('sslmode', 'require')],
];

test.each(unreachable)('%s is waited for, in a transaction of Prisma and in one of a group', async (_what, change) => {
  const url = new URL(store.url);
  change(url);
  const distant = openDatabase(url.href, 1);
  expect((await failureOf(query(distant, 'SELECT 1'))).retriable).toBe(true);
  expect((await failureOf(distant.$transaction((tx) => query(tx, 'SELECT 1')))).retriable).toBe(true);
  await distant.$disconnect();
  const group = new GroupPool(url.href, 1);
  expect((await failureOf(group.query('SELECT 1', []))).retriable).toBe(true);
  await group.close();
});

test('what is asked of connections that are closed for good is not tried again', async () => {
  const group = new GroupPool(store.url, 1);
  await group.close();
  expect((await failureOf(group.query('SELECT 1', []))).retriable).toBe(false);
});

test.each([[new Error('mine')], [new TypeError('x is not a function')], ['text'], [undefined], [null], [{ code: 7 }]])(
  'what is no failure of the database is not retriable: %s',
  (thrown) => {
    expect(databaseFailure(thrown)).toEqual({ sqlState: undefined, retriable: false });
  },
);
