import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type App, startApp } from '../../server/app.ts';
import { readEnv } from '../../server/env.ts';
import type { ApiPlugin } from '../../server/graphql/api.ts';
import { HttpServer } from '../../server/http/http-server.ts';
import { limitsByClient } from '../../server/limits/config.ts';
import { PRUNING } from '../../server/operations/retention.commands.ts';
import { type Client, clientOf } from './client.ts';
import { useDatabase } from './database.ts';
import { expectLog } from './log.ts';
import { startProxy, type TcpProxy } from './proxy.ts';

/** The operators' token of stores that are no demo. */
export const OPERATOR_TOKEN = 'the-token-of-operators-in-tests-1234567890';
/** Paid orders are dispatched at once; those that are not paid stay as they are for the length of a test. */
const DEFAULTS = { DISPATCH_STEPS: '3', DISPATCH_STEP_MS: '1', PAYMENT_WINDOW_SECONDS: '600' };

export type AppOptions = {
  /** Configuration, as in `{ PAYMENT_WINDOW_SECONDS: '0.3' }`. */
  env?: Record<string, string>;
  plugins?: readonly ApiPlugin[];
  /** What the database is set to by its owner, as in `{ timezone: 'Asia/Tokyo' }`. */
  settings?: Record<string, string>;
  /** Reach the database through `proxy`, which can hold up what goes between. */
  proxied?: boolean;
};

/** A store that is no demo, with nothing limited by client; for `AppOptions.env`. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  OPERATOR_TOKEN,
  ...Object.fromEntries(limitsByClient.map((name) => [name, 'off'])),
};

const TABLES = ['products', 'orders', 'order_lines', 'order_events', 'order_signals', 'stock_movements'];
const CONTENTS = [...TABLES, 'restocks', 'dbos.workflow_status']
  .map(
    (name) =>
      `'${name}', (SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, ';' ORDER BY t::text), '')) FROM ${name} t)`,
  )
  .join(', ');

/** The store in the process of the test. */
export type TestApp = {
  readonly app: App;
  readonly databaseUrl: string;
  /** Where it answers over HTTP. */
  readonly url: string;
  /** What is between it and its database, where that was asked for. */
  readonly proxy: TcpProxy;
  /** Sends operations as somebody without a token. */
  readonly client: Client;
  /** Sends operations as the bearer of a token: the operators', unless told. */
  clientWith(token?: string): Client;
  /** Sums up what the tables of the store and the workflows hold, a text for each: equal when nothing has changed. */
  contents(): Promise<Record<string, string>>;
  /** Runs a statement on the store's database, in a session of the test's own. */
  sql<Row extends pg.QueryResultRow>(text: string, ...parameters: unknown[]): Promise<Row[]>;
};

/**
 * Runs the store, in this process and on a database of its own, for the tests of a file. The durable engine is one for
 * each process, so a file has one store.
 */
export function useApp({ env = {}, plugins = [], settings = {}, proxied = false }: AppOptions = {}): TestApp {
  const database = useDatabase();
  // Orders that wait are under way when the store stops, and stay as they are.
  expectLog(/Shutting down while \d+ workflows are still running/);
  // What streams still read when it ends.
  expectLog(/The store is not running/);
  // Statements of one session wait for each other in node-postgres, which will not have that from its version 9 on.
  expectLog(/Calling client.query\(\) when the client is already executing/);
  let app: App;
  let server: Server;
  let session: pg.Client;
  let proxy: TcpProxy | undefined;
  beforeAll(async () => {
    await setUp(database.url, settings);
    proxy = proxied ? await startProxy(database.url) : undefined;
    const url = proxy?.url ?? database.url;
    const configuration = readEnv({ ...DEFAULTS, ...env, DATABASE_URL: url });
    app = await startApp(configuration, url, plugins);
    // What happens by the clock would otherwise happen in the middle of some test.
    await DBOS.pauseSchedule(PRUNING);
    server = new HttpServer(app.handle, configuration.limits.http).server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    session = new pg.Client({ connectionString: database.url, application_name: 'test' });
    await session.connect();
  });
  afterAll(async () => {
    server?.close();
    server?.closeAllConnections();
    await session?.end();
    await app?.stop();
    await proxy?.close();
  });
  const urlOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sql = async <Row extends pg.QueryResultRow>(text: string, ...parameters: unknown[]) =>
    (await session.query<Row>(text, parameters)).rows;
  return {
    get app() {
      return app;
    },
    get databaseUrl() {
      return database.url;
    },
    get url() {
      return urlOf();
    },
    get proxy() {
      if (!proxy) throw new Error('This store is not proxied.');
      return proxy;
    },
    client: clientOf(urlOf),
    clientWith: (token = OPERATOR_TOKEN) => clientOf(urlOf, token),
    contents: async () => {
      const [row] = await sql<{ contents: Record<string, string> }>(
        `SELECT json_build_object(${CONTENTS}) AS contents`,
      );
      return row!.contents;
    },
    sql,
  };
}

async function setUp(url: string, settings: Record<string, string>): Promise<void> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  for (const [name, value] of Object.entries(settings))
    await owner.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET ${name} = ${value}`);
  await owner.end();
}
