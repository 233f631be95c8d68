import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildServer, bundle } from '../../scripts/build.ts';
import { root } from '../../server/infra/root.ts';
import { limitsByClient } from '../../server/limits/config.ts';
import type { Cluster } from './cluster.ts';
import { onDatabase } from './cluster.ts';
import { type Child, startServer } from './processes.ts';

export const PRODUCTS = 100;
const INVENTORY = 1_000_000_000;
/** Lets the clients report payments, as the operator's token does in production. */
export const TOKEN = randomBytes(16).toString('hex');
/** Global ids of the products. */
export const productIds = (count: number) => Array.from({ length: count }, (_, i) => btoa(`Product:${i + 1}`));

/** What is measured: the store, or the textbook's way of doing the same. */
export type Kind = 'store' | 'textbook';

const SERVER = 'dist/server/main.js';
const PROGRAM = { store: join(root, SERVER), textbook: join(root, 'dist/bench/textbook.js') };
const STOCK = {
  store: `WITH p AS (INSERT INTO products (sku, name, description, price_minor, currency, inventory)
      SELECT 'BENCH-' || n, 'Product ' || n, 'For measuring.', 9999, 'USD', ${INVENTORY} FROM generate_series(1, ${PRODUCTS}) n
      RETURNING id, inventory)
    INSERT INTO stock_movements (product_id, delta, cause, at) SELECT id, inventory, 'SEEDED', now() FROM p`,
  textbook: `INSERT INTO products (inventory) SELECT ${INVENTORY} FROM generate_series(1, ${PRODUCTS})`,
};

/** A server, or several, on a database that no other shop uses meanwhile. */
export type Shop = Readonly<{
  kind: Kind;
  database: string;
  databaseUrl: string;
  servers: readonly (Child & { url: string })[];
  /** Ends the servers at once and drops the database, unless it was there before. */
  close(): Promise<void>;
}>;

/** Builds both programs, bundled alike. */
export async function buildPrograms(): Promise<void> {
  await buildServer();
  await bundle('bench/textbook/main.ts', PROGRAM.textbook);
}

const templates = new Map<string, Promise<string>>();

/** A database with the tables and the products, to be copied: one for each program. */
function templateOf(cluster: Cluster, kind: Kind, program: string): Promise<string> {
  const made = templates.get(program) ?? makeTemplate(cluster, kind, program);
  templates.set(program, made);
  return made;
}

async function makeTemplate(cluster: Cluster, kind: Kind, program: string): Promise<string> {
  const name = `template_${templates.size}`;
  const url = await cluster.createDatabase(name);
  // The server's first start makes its tables.
  const server = await startServer(program, environment(url));
  await server.end();
  await onDatabase(url, (client) => client.query(STOCK[kind]));
  return name;
}

/** All load comes from one address. */
const UNLIMITED = Object.fromEntries(limitsByClient.map((name) => [name, 'off']));

const environment = (databaseUrl: string) => ({
  ...UNLIMITED,
  NODE_ENV: 'production',
  LOG_LEVEL: 'fatal',
  PORT: '0',
  DATABASE_URL: databaseUrl,
  OPERATOR_TOKEN: TOKEN,
});

export type ShopOptions = Readonly<{
  servers?: number;
  /** Another checkout of the project, installed and built, whose store is measured instead of this one's. */
  folder?: string;
  env?: Record<string, string>;
  /** A database that is there already, and stays; a new one unless told. */
  existing?: Readonly<{ database: string; databaseUrl: string }>;
  /** Does something to the database before the servers start. */
  prepare?: (database: string, url: string) => Promise<void>;
}>;

let shops = 0;

async function newDatabase(cluster: Cluster, kind: Kind, program: string) {
  const database = `${kind}_${++shops}`;
  return { database, databaseUrl: await cluster.createDatabase(database, await templateOf(cluster, kind, program)) };
}

/** Opens a shop. */
export async function openShop(cluster: Cluster, kind: Kind, options: ShopOptions = {}): Promise<Shop> {
  const program = options.folder === undefined ? PROGRAM[kind] : join(options.folder, SERVER);
  const { database, databaseUrl } = options.existing ?? (await newDatabase(cluster, kind, program));
  await options.prepare?.(database, databaseUrl);
  const servers: (Child & { url: string })[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => server.end()));
    if (!options.existing) await cluster.dropDatabase(database);
  };
  try {
    for (let i = 0; i < (options.servers ?? 1); i++)
      servers.push(await startServer(program, { ...environment(databaseUrl), ...options.env }));
  } catch (error) {
    await close();
    throw error;
  }
  return { kind, database, databaseUrl, servers, close };
}

const IN_DISPATCH = { store: "stage = 'OPEN' AND status = 'PAID'", textbook: "status = 'PAID'" };
const DISPATCHED_MS = 120_000;
const LOOK_AGAIN_MS = 500;

/** Waits until all orders that were paid are dispatched. Throws when that takes longer than two minutes. */
export async function untilDispatched({ kind, databaseUrl }: Shop): Promise<void> {
  await onDatabase(databaseUrl, async (client) => {
    // These statements are not the shop's.
    await client.query("SET pg_stat_statements.track = 'none'");
    for (const end = performance.now() + DISPATCHED_MS; performance.now() < end; await delay(LOOK_AGAIN_MS)) {
      const { rowCount } = await client.query(`SELECT FROM orders WHERE ${IN_DISPATCH[kind]} LIMIT 1`);
      if (rowCount === 0) return;
    }
    throw new Error('not all orders were dispatched in time');
  });
}
