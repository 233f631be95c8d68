import { type Line, type Placement, type PricedLine, type Problem, place, type Shelf } from '../../domain/checkout.ts';
import { arrayOf, query, type Tx, write } from '../../infra/database.ts';

/** An order to be placed, as it is recorded in the workflow's input. */
export type PlaceRequest = Readonly<{
  orderId: string;
  paymentId: string;
  keyHash: string;
  requestHash: string;
  lines: readonly Line[];
  paymentWindowMs: number;
  dispatchSteps: number;
}>;

export type Placed = Readonly<{
  status: 'PENDING' | 'CANCELLED';
  version: number;
  /** End of the reservation: Unix milliseconds, by the database's clock. */
  payBy: number;
  /** The products whose stock changed, with their new versions. */
  products: readonly { id: number; version: number }[];
}>;

/**
 * Locks products in one order, whoever asks for them, so that two orders for the same ones never wait for each
 * other in a circle. The time is that after the locks: an order's life begins then, however long they were waited for.
 */
const LOCK_SHELVES = `
  WITH locked AS MATERIALIZED (SELECT * FROM products WHERE id = ANY($1::int[]) ORDER BY id FOR NO KEY UPDATE)
  SELECT id, sku, name, price_minor::text AS "priceMinor", currency, inventory, max_per_order AS "maxPerOrder", version::float8,
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at FROM locked`;

/** CREATED, and RESERVED or CANCELLED. */
export const PLACED_VERSION = 2;

/** $1 orders, $2 their lines: JSON; $3 the time, in Unix milliseconds. An order that is out of stock is kept too, cancelled, and takes nothing. */
const INSERT = `
  WITH placed AS (
    SELECT *, to_timestamp($3::float8 / 1000) AS at, to_timestamp("payBy" / 1000) AS pay_by,
      CASE WHEN short THEN 'CANCELLED' ELSE 'PENDING' END::"OrderStatus" AS status FROM json_to_recordset($1::json) AS x(
      id uuid, "paymentId" uuid, "keyHash" text, hash text, currency text, total int8, "payBy" float8, steps int,
      short boolean, "shortProduct" int, "shortRequested" int, "shortAvailable" int)
  ), line AS (
    SELECT * FROM json_to_recordset($2::json) AS x(
      "orderId" uuid, position int2, "productId" int, sku text, name text, quantity int, price int8, currency text, taken boolean)
  ), new_order AS (
    INSERT INTO orders (id, key_hash, request_hash, status, cancel_reason, currency, total_minor, payment_id, payment_status, pay_by,
      dispatch_steps, version, short_product_id, short_requested, short_available, created_at, updated_at)
    SELECT id, "keyHash", hash, status, CASE WHEN short THEN 'OUT_OF_STOCK' END::"CancelReason", currency, total,
      "paymentId", CASE WHEN short THEN 'EXPIRED' ELSE 'PENDING' END::"PaymentStatus",
      pay_by, steps, ${PLACED_VERSION}, "shortProduct", "shortRequested", "shortAvailable", at, at
    FROM placed
  ), order_line AS (
    INSERT INTO order_lines (order_id, position, product_id, sku, name, quantity, unit_price_minor, currency)
    SELECT "orderId", position, "productId", sku, name, quantity, price, currency FROM line
  ), event AS (
    INSERT INTO order_events (order_id, version, type, status, steps, at)
    SELECT id, 1, 'CREATED'::"OrderEventType", 'PENDING'::"OrderStatus", steps, at FROM placed
    UNION ALL
    SELECT id, ${PLACED_VERSION}, CASE WHEN short THEN 'CANCELLED' ELSE 'RESERVED' END::"OrderEventType", status, steps, at
    FROM placed
  ), movement AS (
    INSERT INTO stock_movements (product_id, delta, cause, order_id, at)
    SELECT "productId", -quantity, 'RESERVED', "orderId", to_timestamp($3::float8 / 1000) FROM line WHERE taken
  )
  UPDATE products SET inventory = inventory - taken.quantity, version = version + taken.orders
  FROM (SELECT "productId", sum(quantity)::int AS quantity, count(*)::int AS orders FROM line WHERE taken GROUP BY 1)
    AS taken
  WHERE id = taken."productId"`;

/** Products that are locked until the end of the transaction, by id. */
export type Shelves = Map<number, LockedShelf>;

/** `at`: when it was locked, in Unix milliseconds. */
type LockedShelf = Shelf & { version: number; at: number };

/**
 * Places orders, in the order given: prices them, takes their stock off the locked shelves, and writes each with its
 * lines and first events. An order that cannot be priced is answered with the problem, and nothing of it is written.
 */
export async function tryToPlace(
  tx: Tx,
  shelves: Shelves,
  requests: readonly PlaceRequest[],
): Promise<(Placed | { problem: Problem })[]> {
  const at = Math.round(Math.max(...[...shelves.values()].map((shelf) => shelf.at)));
  const answers = requests.map((request) => ({ request, ...place(request.lines, shelves) }));
  const placed = answers.flatMap((answer) =>
    'placement' in answer ? [{ ...answer, payBy: payByOf(answer, at) }] : [],
  );
  const orders = JSON.stringify(placed.map(({ request, placement, payBy }) => orderRow(request, placement, payBy)));
  const lines = JSON.stringify(placed.flatMap(({ request, placement }) => lineRows(request, placement)));
  if (placed.length > 0) await write(tx, INSERT, orders, lines, at);

  return answers.map((answer) => {
    if ('problem' in answer) return { problem: answer.problem };
    const refused = answer.placement.shortage !== null;
    const products = refused
      ? []
      : answer.request.lines.map(({ productId: id }) => ({ id, version: nextVersion(shelves.get(id)!) }));
    return {
      status: refused ? 'CANCELLED' : 'PENDING',
      version: PLACED_VERSION,
      payBy: payByOf(answer, at),
      products,
    };
  });
}

/** Places orders as `tryToPlace` does. Throws when one cannot be priced, which its caller has made sure of. */
export async function placeOrders(tx: Tx, requests: readonly PlaceRequest[]): Promise<Placed[]> {
  return (await tryToPlace(tx, await lockShelves(tx, requests), requests)).map((answer) => {
    if ('problem' in answer) throw new Error(answer.problem.message);
    return answer;
  });
}

/** An order that is refused has no time to be paid in. */
const payByOf = ({ request, placement }: { request: PlaceRequest; placement: Placement }, at: number) =>
  placement.shortage === null ? at + request.paymentWindowMs : at;

/** The version of a shelf grows with each order that takes from it, in the order that they are placed in. */
const nextVersion = (shelf: { version: number }) => ++shelf.version;

/** Locks the products that orders ask for. Unknown ones are left out. */
export async function lockShelves(tx: Tx, requests: readonly PlaceRequest[]): Promise<Shelves> {
  type Row = Omit<LockedShelf, 'priceMinor'> & { priceMinor: string };
  const ids = [...new Set(requests.flatMap(({ lines }) => lines.map((line) => line.productId)))];
  const rows = await query<Row>(tx, LOCK_SHELVES, arrayOf(ids));
  return new Map(rows.map((row) => [row.id, { ...row, priceMinor: BigInt(row.priceMinor) }]));
}

function orderRow(request: PlaceRequest, { currency, totalMinor, shortage }: Placement, payBy: number) {
  return {
    id: request.orderId,
    paymentId: request.paymentId,
    keyHash: request.keyHash,
    hash: request.requestHash,
    currency,
    total: totalMinor.toString(),
    payBy,
    steps: request.dispatchSteps,
    short: shortage !== null,
    shortProduct: shortage?.productId,
    shortRequested: shortage?.requested,
    shortAvailable: shortage?.available,
  };
}

function lineRows({ orderId }: PlaceRequest, { lines, currency, shortage }: Placement) {
  return lines.map(({ unitPriceMinor, ...line }: PricedLine, position) => ({
    orderId,
    position,
    ...line,
    price: unitPriceMinor.toString(),
    currency,
    taken: shortage === null,
  }));
}
