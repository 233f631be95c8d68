import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError, readEnv } from '../../server/env.ts';
import { openDatabase, query } from '../../server/infra/database.ts';
import { databaseFailure } from '../../server/infra/database-errors.ts';
import { parseAddress } from '../../server/infra/hosts.ts';
import { isInTheClear, StoreClient } from '../../server/infra/hosts-client.ts';
import { primaryOf } from '../../server/infra/hosts-primary.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';

describe('a connection string', () => {
  test.each([
    'postgresql://localhost/store',
    'postgres://user:p,w@db.example:5433/store?sslmode=verify-full&application_name=a,b',
    'postgresql://user@/store?host=%2Frun%2Fpostgresql',
  ])('of one host stays as it is: %s', (text) => {
    expect(parseAddress(text)).toEqual({ url: text, hosts: [] });
  });

  test('of several hosts is taken apart', () => {
    const text = 'postgresql://user:p,w@one:5433,two,[::1]:6000/store?target_session_attrs=read-write#x';
    const rest = '/store?target_session_attrs=read-write#x';
    expect(parseAddress(text)).toEqual({
      url: `postgresql://user:p,w@one:5433${rest}`,
      hosts: [
        { host: 'one', port: 5433, url: `postgresql://user:p,w@one:5433${rest}` },
        { host: 'two', port: 5432, url: `postgresql://user:p,w@two:5432${rest}` },
        { host: '::1', port: 6000, url: `postgresql://user:p,w@[::1]:6000${rest}` },
      ],
    });
  });

  test.each([
    ['postgresql://user:secret@one,two:0/store', 'two:0'],
    ['postgresql://user:secret@one:65536,two/store', 'one:65536'],
    ['postgresql://user:secret@one,/store', '""'],
    ['postgresql://user:secret@one,two:x/store', 'two:x'],
    ['postgresql://user:secret@one,two/store?target_session_attrs=standby', 'target_session_attrs'],
  ])('is refused by the configuration, without its password: %s', (DATABASE_URL, complaint) => {
    const problem = (() => {
      try {
        readEnv({ DATABASE_URL });
      } catch (error) {
        return error;
      }
    })();
    expect(problem).toBeInstanceOf(ConfigError);
    expect((problem as Error).message).toContain(complaint);
    expect((problem as Error).message).not.toContain('secret');
  });
});

test.each([
  ['postgresql://user:secret@db.example/store', true],
  ['postgresql://user:secret@10.0.0.1/store?sslmode=disable', true],
  ['postgresql://user:secret@127.0.0.1,db.example/store', true],
  ['postgresql://user:secret@db.example/store?sslmode=verify-full', false],
  ['postgresql://user:secret@one,two/store?sslmode=verify-full', false],
  ['postgresql://user:secret@localhost/store', false],
  ['postgresql://user:secret@[::1]:5433/store', false],
  ['postgresql://user@/store?host=%2Frun%2Fpostgresql', false],
])('what is said to %s is in the clear: %s', (url, inTheClear) => {
  expect(isInTheClear(url)).toBe(inTheClear);
});

const store = useDatabase();
const readOnly = (on: boolean) => {
  const { pathname } = new URL(store.url);
  return run(
    store.url,
    `ALTER DATABASE "${pathname.slice(1)}" SET default_transaction_read_only = ${on ? 'on' : 'off'}`,
  );
};

/** Runs a statement in a session of its own. */
async function run(connectionString: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('SET default_transaction_read_only = off');
    return await client.query(text);
  } finally {
    await client.end();
  }
}

/** The address of the database by way of several ports of this machine. */
function by(...ports: (string | number)[]): string {
  const url = new URL(store.url);
  return store.url.replace(url.host, ports.map((port) => `127.0.0.1:${port}`).join());
}

/** The first byte of the message that says good-bye. */
const TERMINATE = 'X'.charCodeAt(0);
const portOf = (url: string) => new URL(url).port;

describe('a database of several hosts', () => {
  afterAll(() => readOnly(false));

  test('is connected to at the one that answers, also after that one is gone', async () => {
    const [first, second] = [await startProxy(store.url), await startProxy(store.url)];
    const database = openDatabase(by(1, portOf(first.url), portOf(second.url)), 2);
    await query(database, 'SELECT 1');
    await first.close();
    await expect.poll(() => query(database, 'SELECT 1').then(() => 'answered', String)).toBe('answered');
    await database.$disconnect();
    await second.close();
  });

  test('is found though a host falls silent when it has answered', async () => {
    const sockets: Socket[] = [];
    const silent = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect(Number(portOf(store.url)), '127.0.0.1');
      sockets.push(client, server);
      // All is handed on but the end.
      client.on('data', (data) => data[0] !== TERMINATE && server.write(data)).on('error', () => {});
      server.on('data', (data) => client.write(data));
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const primary = primaryOf(parseAddress(by(1, port)).hosts);
    expect(await primary?.find()).toMatchObject({ port });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('fails in a way that is tried again while none accepts writes', async () => {
    const database = openDatabase(by(1, portOf(store.url)), 2);
    await readOnly(true);
    for (const attempt of [query(database, 'SELECT 1'), database.$transaction((tx) => query(tx, 'SELECT 1'))]) {
      const error: unknown = await attempt.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(databaseFailure(error)).toEqual({ sqlState: '08001', retriable: true });
    }
    await readOnly(false);
    await expect.poll(() => query(database, 'SELECT 1').then(() => 'answered', String)).toBe('answered');
    await database.$disconnect();
  });
});

test('a server that is read-only is not connected to, were it the only one', async () => {
  await readOnly(true);
  const client = new StoreClient({ connectionString: store.url });
  await expect(client.connect()).rejects.toMatchObject({ code: '08001' });
  await readOnly(false);
});

test('a server that becomes read-only counts as one that is lost', async () => {
  const pool = new pg.Pool({ connectionString: store.url, Client: StoreClient, max: 1 });
  const client = await pool.connect();
  const broken = new Promise((resolve) => client.once('error', resolve));
  await client.query('SET default_transaction_read_only = on');
  const failure: unknown = await client.query('CREATE TABLE things (id int)').catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: '08006' });
  expect(databaseFailure(failure).retriable).toBe(true);
  await broken;
  client.release();
  await pool.query('CREATE TABLE things (id int)');
  await pool.end();
});
