import { type Line, type Placement, type PricedLine, type Problem, place, type Shelf } from '../../domain/checkout.ts';
import { query, type Tx } from '../../infra/database.ts';

/** An order to be placed, as it is recorded in the workflow's input. */
export type PlaceRequest = Readonly<{
  orderId: string;
  paymentId: string;
  key: string;
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
 * other in a circle.
 */
const LOCK_SHELVES = `
  SELECT id, sku, name, price_minor::text AS "priceMinor", currency, inventory, version
  FROM products WHERE id = ANY($1::int[]) ORDER BY id FOR NO KEY UPDATE`;

/** CREATED, and RESERVED or CANCELLED. */
export const PLACED_VERSION = 2;

/** $1 orders, $2 their lines: JSON. An order that is out of stock is kept too, cancelled, and takes nothing. */
const INSERT = `
  WITH placed AS (
    SELECT *, CASE WHEN short THEN 'CANCELLED' ELSE 'PENDING' END::"OrderStatus" AS status FROM json_to_recordset($1::json) AS x(
      id uuid, "paymentId" uuid, key text, hash text, currency text, total int8, "windowMs" int8, steps int,
      short boolean, "shortProduct" int, "shortRequested" int, "shortAvailable" int)
  ), line AS (
    SELECT * FROM json_to_recordset($2::json) AS x(
      "orderId" uuid, position int2, "productId" int, sku text, name text, quantity int, price int8, currency text, taken boolean)
  ), new_order AS (
    INSERT INTO orders (id, checkout_key, request_hash, status, cancel_reason, currency, total_minor, payment_id, payment_status, pay_by,
      dispatch_steps, version, short_product_id, short_requested, short_available, created_at, updated_at)
    SELECT id, key, hash, status, CASE WHEN short THEN 'OUT_OF_STOCK' END::"CancelReason", currency, total,
      "paymentId", CASE WHEN short THEN 'EXPIRED' ELSE 'PENDING' END::"PaymentStatus",
      statement_timestamp() + CASE WHEN short THEN 0 ELSE "windowMs" END * interval '1 millisecond',
      steps, 2, "shortProduct", "shortRequested", "shortAvailable", statement_timestamp(), statement_timestamp()
    FROM placed RETURNING id, pay_by
  ), order_line AS (
    INSERT INTO order_lines (order_id, position, product_id, sku, name, quantity, unit_price_minor, currency)
    SELECT "orderId", position, "productId", sku, name, quantity, price, currency FROM line
  ), event AS (
    INSERT INTO order_events (order_id, version, type, status, steps, at)
    SELECT id, 1, 'CREATED'::"OrderEventType", 'PENDING'::"OrderStatus", steps, statement_timestamp() FROM placed
    UNION ALL
    SELECT id, 2, CASE WHEN short THEN 'CANCELLED' ELSE 'RESERVED' END::"OrderEventType", status, steps,
      statement_timestamp() FROM placed
  ), movement AS (
    INSERT INTO stock_movements (product_id, delta, cause, order_id, at)
    SELECT "productId", -quantity, 'RESERVED', "orderId", statement_timestamp() FROM line WHERE taken
  ), stock AS (
    UPDATE products SET inventory = inventory - taken.quantity, version = version + taken.orders
    FROM (SELECT "productId", sum(quantity)::int AS quantity, count(*)::int AS orders FROM line WHERE taken GROUP BY 1)
      AS taken
    WHERE id = taken."productId"
  )
  SELECT id, (extract(epoch FROM pay_by) * 1000)::float8 AS "payBy" FROM new_order`;

/**
 * Places orders, in the order given: prices them, takes their stock, and writes each with its lines and first events.
 * An order that cannot be priced is answered with the problem, and nothing of it is written.
 */
export async function tryToPlace(
  tx: Tx,
  requests: readonly PlaceRequest[],
): Promise<(Placed | { problem: Problem })[]> {
  const ids = [...new Set(requests.flatMap(({ lines }) => lines.map((line) => line.productId)))];
  const shelves = await lockShelves(tx, ids);
  const answers = requests.map((request) => ({ request, ...place(request.lines, shelves) }));
  const placed = answers.filter((answer) => 'placement' in answer);
  const orders = JSON.stringify(placed.map(({ request, placement }) => orderRow(request, placement)));
  const lines = JSON.stringify(placed.flatMap(({ request, placement }) => lineRows(request, placement)));
  const inserted = placed.length > 0 ? await query<{ id: string; payBy: number }>(tx, INSERT, orders, lines) : [];
  const payBy = new Map(inserted.map((row) => [row.id, row.payBy]));

  return answers.map((answer) => {
    if ('problem' in answer) return { problem: answer.problem };
    const { request, placement } = answer;
    const refused = placement.shortage !== null;
    const products = refused
      ? []
      : request.lines.map(({ productId: id }) => ({ id, version: taken(shelves.get(id)!) }));
    return {
      status: refused ? 'CANCELLED' : 'PENDING',
      version: PLACED_VERSION,
      payBy: payBy.get(request.orderId)!,
      products,
    };
  });
}

/** Places orders as `tryToPlace` does. Throws when one cannot be priced, which its caller has made sure of. */
export async function placeOrders(tx: Tx, requests: readonly PlaceRequest[]): Promise<Placed[]> {
  return (await tryToPlace(tx, requests)).map((answer) => {
    if ('problem' in answer) throw new Error(answer.problem.message);
    return answer;
  });
}

/** Counts one order that takes from a shelf; its version grows with each, in the order that they are placed in. */
const taken = (shelf: { version: number }) => ++shelf.version;

async function lockShelves(tx: Tx, ids: number[]): Promise<Map<number, Shelf & { version: number }>> {
  type Row = Omit<Shelf, 'priceMinor'> & { priceMinor: string; version: number };
  const rows = await query<Row>(tx, LOCK_SHELVES, ids);
  return new Map(rows.map((row) => [row.id, { ...row, priceMinor: BigInt(row.priceMinor) }]));
}

function orderRow(request: PlaceRequest, { currency, totalMinor, shortage }: Placement) {
  return {
    id: request.orderId,
    paymentId: request.paymentId,
    key: request.key,
    hash: request.requestHash,
    currency,
    total: totalMinor.toString(),
    windowMs: request.paymentWindowMs,
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
