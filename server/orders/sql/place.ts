import { type Line, type Placement, type PricedLine, place, type Shelf } from '../../domain/checkout.ts';
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
    INSERT INTO orders (id, checkout_key, request_hash, status, cancel_reason, currency, total_minor, pay_by,
      dispatch_steps, version, short_product_id, short_requested, short_available, created_at, updated_at)
    SELECT id, key, hash, status, CASE WHEN short THEN 'OUT_OF_STOCK' END::"CancelReason", currency, total,
      statement_timestamp() + CASE WHEN short THEN 0 ELSE "windowMs" END * interval '1 millisecond',
      steps, 2, "shortProduct", "shortRequested", "shortAvailable", statement_timestamp(), statement_timestamp()
    FROM placed RETURNING id, pay_by
  ), payment AS (
    INSERT INTO payments (id, order_id, status, amount_minor, currency)
    SELECT "paymentId", id, CASE WHEN short THEN 'EXPIRED' ELSE 'PENDING' END::"PaymentStatus", total, currency
    FROM placed
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
    UPDATE products SET inventory = inventory - taken.quantity, version = version + 1
    FROM (SELECT "productId", sum(quantity)::int AS quantity FROM line WHERE taken GROUP BY 1) AS taken
    WHERE id = taken."productId"
  )
  SELECT id, (extract(epoch FROM pay_by) * 1000)::float8 AS "payBy" FROM new_order`;

/**
 * Places orders, in the order given: prices them, takes their stock, and writes each with its lines, payment and
 * first events. Throws when an order cannot be priced, which its caller has made sure of.
 */
export async function placeOrders(tx: Tx, requests: readonly PlaceRequest[]): Promise<Placed[]> {
  const ids = [...new Set(requests.flatMap(({ lines }) => lines.map((line) => line.productId)))];
  const shelves = await lockShelves(tx, ids);
  const placements = requests.map(({ lines }) => {
    const answer = place(lines, shelves);
    if ('problem' in answer) throw new Error(answer.problem.message);
    return answer.placement;
  });
  const orders = requests.map((request, index) => orderRow(request, placements[index]!));
  const lines = requests.flatMap((request, index) => lineRows(request, placements[index]!));
  const inserted = await query<{ id: string; payBy: number }>(
    tx,
    INSERT,
    JSON.stringify(orders),
    JSON.stringify(lines),
  );
  const payBy = new Map(inserted.map((row) => [row.id, row.payBy]));

  return requests.map((request, index) => {
    const refused = placements[index]?.shortage != null;
    return {
      status: refused ? 'CANCELLED' : 'PENDING',
      version: 2,
      payBy: payBy.get(request.orderId)!,
      products: refused
        ? []
        : request.lines.map(({ productId: id }) => ({ id, version: shelves.get(id)!.version + 1 })),
    };
  });
}

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
