import { setTimeout as delay } from 'node:timers/promises';
import type { FloorPlay, FloorPlayed } from '../clients/floor.ts';
import type { Play, Played } from '../clients/shoppers.ts';
import { onDatabase } from './cluster.ts';
import { type Lateness, latenessSince } from './lateness.ts';
import { familyMs, processorMs, residentMb } from './meters.ts';
import type { Bench } from './part.ts';
import type { Child } from './processes.ts';
import { type Kind, openShop, productIds, type ShopOptions, TOKEN, untilDispatched } from './shop.ts';

/** What shoppers do: so many at once, each order with so many lines of so many products. */
export type Shape = Readonly<{ name: string; inFlight: number; products: number; lines: number }>;

/** Times of a processor are those of one order, its dispatch as far as it came included. */
export type Round = Played &
  Readonly<{ rate: number; lateness: Lateness; rssMb: number; nodeMs: number; postgresMs: number }>;

/** Time for the steps of dispatches that are due to be done, before they are looked at. */
const GRACE_MS = 1_500;
const CONNECTIONS = 10;

/** One round: a new shop, load, a look at the dispatches and at what the database says. Throws when it is inconsistent. */
export async function playRound(bench: Bench, kind: Kind, shape: Shape, options: ShopOptions = {}): Promise<Round> {
  const { cluster, shoppers } = bench;
  const { seconds, warmSeconds } = bench.options;
  const shop = await openShop(cluster, kind, options);
  try {
    const play: Play = {
      urls: shop.servers.map(({ url }) => url),
      token: TOKEN,
      inFlight: shape.inFlight,
      warmMs: warmSeconds * 1000,
      ms: seconds * 1000,
      products: productIds(shape.products),
      lines: shape.lines,
    };
    const spent = () =>
      [shop.servers.reduce((ms, { pid }) => ms + processorMs(pid), 0), familyMs(cluster.pid)] as const;
    const before = spent();
    const played = await shoppers.ask<Played>(play);
    const [nodeMs, postgresMs] = spent().map((ms, i) => (ms - before[i]!) / played.ordersInAll) as [number, number];
    const rssMb = residentMb(shop.servers[0]!.pid);
    await delay(GRACE_MS);
    const lateness = await onDatabase(shop.databaseUrl, (client) =>
      latenessSince(client, kind, seconds * 1000 + GRACE_MS),
    );
    if (lateness.paid < played.ordersInAll)
      throw new Error(`${played.ordersInAll} orders were acknowledged as PAID, ${lateness.paid} are.`);
    // Its next server would take over what this one leaves, and be slow for that.
    if (options.existing) await untilDispatched(shop);
    return { ...played, rate: played.orders / played.seconds, lateness, rssMb, nodeMs, postgresMs };
  } finally {
    await shop.close();
  }
}

const FLOOR_TABLES = `
  CREATE TABLE products (id int PRIMARY KEY, inventory int NOT NULL) WITH (fillfactor = 70);
  CREATE TABLE orders (id bigserial PRIMARY KEY, product_id int NOT NULL REFERENCES products, status text NOT NULL)
    WITH (fillfactor = 70);
  CREATE TABLE order_lines (order_id bigint NOT NULL, product_id int NOT NULL, quantity int NOT NULL,
    PRIMARY KEY (order_id, product_id));
  INSERT INTO products SELECT n, 1000000000 FROM generate_series(1, 100) n`;

/** One round of the least SQL, on a new database. Resolves to the orders PAID per second. */
export async function floorRound(
  { cluster, options }: Bench,
  floor: Child,
  shape: Shape,
  statements: FloorPlay['statements'],
): Promise<number> {
  await cluster.dropDatabase('floor');
  const url = await cluster.createDatabase('floor');
  await onDatabase(url, (client) => client.query(FLOOR_TABLES));
  const { inFlight, products, lines } = shape;
  const { orders, seconds } = await floor.ask<FloorPlayed>({
    url,
    connections: CONNECTIONS,
    inFlight,
    warmMs: Math.min(options.warmSeconds, 1) * 1000,
    ms: options.seconds * 1000,
    products,
    lines,
    statements,
  } satisfies FloorPlay);
  await cluster.dropDatabase('floor');
  return orders / seconds;
}
