import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase, type Tx } from '../../server/infra/database.ts';
import { restockProducts } from '../../server/operations/restock.sql.ts';
import { advanceOrders } from '../../server/orders/sql/advance.ts';
import { type PlaceRequest, placeOrders } from '../../server/orders/sql/place.ts';
import { receive } from '../../server/orders/sql/receive.ts';
import { settleOrders } from '../../server/orders/sql/settle.ts';
import { useDatabase } from '../support/database.ts';
import { checkInvariants, findViolations } from '../support/invariants.ts';
import { meeting } from '../support/meeting.ts';

const STEPS = 2;

const request = (quantity: number, paymentWindowMs = 60_000, productId = 1): PlaceRequest => ({
  orderId: randomUUID(),
  paymentId: randomUUID(),
  keyHash: randomUUID(),
  requestHash: 'x',
  lines: [
    { productId, quantity },
    { productId: productId + 1, quantity: 1 },
  ],
  paymentWindowMs,
  dispatchSteps: STEPS,
});

type Kind = 'PAID' | 'DECLINED' | 'FAILED' | 'CANCEL';

/** Lives an order's life by the store's own SQL: places it, takes reports, settles, and dispatches what is paid. */
async function live(database: Database, quantity: number, reports: Kind[], windowMs?: number): Promise<string> {
  const placing = request(quantity, windowMs);
  const { orderId } = placing;
  const run = <T>(step: (tx: Tx) => Promise<T>) => database.$transaction(step);
  await run((tx) => placeOrders(tx, [placing]));
  const settle = () => run((tx) => settleOrders(tx, [{ orderId, reports: [] }]));
  let [settled] = await settle();
  for (const kind of reports) {
    await run((tx) => receive(tx, { orderId, kind, key: randomUUID() }));
    [settled] = await settle();
  }
  if (settled?.status === 'PAID')
    for (let step = 1; step <= STEPS; step++) await run((tx) => advanceOrders(tx, [{ orderId, step }]));
  return orderId;
}

describe('the checker', () => {
  const source = useDatabase();
  let client: pg.Client;
  beforeAll(async () => {
    const database = openDatabase(source.url, 2);
    await live(database, 1, ['DECLINED', 'PAID']);
    await live(database, 2, ['CANCEL']);
    await live(database, 3, ['FAILED', 'PAID']);
    await live(database, 4, ['PAID'], 0);
    await live(database, 1000, []);
    await live(database, 5, []);
    await database.$disconnect();
    client = new pg.Client({ connectionString: source.url });
    await client.connect();
  });
  afterAll(() => client?.end());

  /** Finds what a change would violate, and takes the change back. */
  async function violationsOf(change: string, quiesced = false): Promise<string[]> {
    await client.query('BEGIN');
    try {
      await client.query(change);
      return await findViolations(client, { quiesced });
    } finally {
      await client.query('ROLLBACK');
    }
  }

  const one = (status: string) => `(SELECT id FROM orders WHERE status = '${status}' ORDER BY number LIMIT 1)`;
  const expired = `(SELECT id FROM orders WHERE cancel_reason = 'PAYMENT_TIMEOUT')`;
  const short = `(SELECT id FROM orders WHERE cancel_reason = 'OUT_OF_STOCK')`;
  const free = (table: string) => `ALTER TABLE ${table} DROP CONSTRAINT`;
  const move = (orderId: string, delta: number, cause: string) => `
    INSERT INTO stock_movements (product_id, delta, cause, order_id, at) VALUES (1, ${delta}, '${cause}', ${orderId}, now());
    UPDATE products SET inventory = inventory + ${delta} WHERE id = 1`;
  const again = (columns: string, values: string, status: string) => `
    INSERT INTO orders (id, status, cancel_reason, currency, total_minor, payment_id, payment_status, payment_attempts,
      pay_by, paid_at, progress, dispatch_steps, version, request_hash, created_at, updated_at, ${columns})
    SELECT gen_random_uuid(), status, cancel_reason, currency, total_minor, payment_id, payment_status, payment_attempts,
      pay_by, paid_at, progress, dispatch_steps, version, request_hash, created_at, updated_at, ${values} FROM orders WHERE id = ${one(status)}`;

  test('finds nothing where all is well', async () => {
    expect(await checkInvariants(source.url)).toEqual([]);
  });

  test.each([
    [
      /has -\d+ units$/,
      `${free('products')} products_inventory_check; UPDATE products SET inventory = -1 WHERE id = 3`,
    ],
    [/its ledger says/, `UPDATE products SET inventory = inventory + 1 WHERE id = 3`],
    [
      /^restocking k moved product 3 2 times/,
      `INSERT INTO restocks VALUES ('k', 'h', '{3}', now());
       INSERT INTO stock_movements (product_id, delta, cause, restock_key_hash, at)
       SELECT 3, 1, 'RESTOCKED', 'k', now() FROM generate_series(1, 2);
       UPDATE products SET inventory = inventory + 2 WHERE id = 3`,
    ],
    [
      /^key .* has 2 orders/,
      `DROP INDEX orders_key_hash_key, orders_payment_id_key; ${again('key_hash, number', 'key_hash, 99', 'PENDING')}`,
    ],
    [
      /^number .* has 2 orders/,
      `DROP INDEX orders_number_key, orders_payment_id_key; ${again('key_hash, number', "'other', number", 'PENDING')}`,
    ],
    [
      /^key .* has 2 reports/,
      `DROP INDEX order_signals_key_key; INSERT INTO order_signals (order_id, kind, key, received_at, outcome)
       SELECT order_id, kind, key, received_at, 'DUPLICATE' FROM order_signals LIMIT 1`,
    ],
    [
      /^key k has 2 restockings/,
      `ALTER TABLE restocks DROP CONSTRAINT restocks_pkey CASCADE;
       INSERT INTO restocks SELECT 'k', 'h', '{}'::int[], now() FROM generate_series(1, 2)`,
    ],
    [/reserved 6 in 2 movements/, move(one('PENDING'), -1, 'RESERVED')],
    [/reserved 1 in 1 movements/, move(short, -1, 'RESERVED')],
    [/asked for 6 of product 1/, `UPDATE order_lines SET quantity = 6 WHERE quantity = 5`],
    [/totals \d+, its lines/, `UPDATE orders SET total_minor = 1 WHERE id = ${one('PENDING')}`],
    [/is CANCELLED and holds -1 of/, move(expired, 1, 'RELEASED')],
    [/is DISPATCHED and holds 0 of/, move(one('DISPATCHED'), 1, 'RELEASED')],
    [/with a payment that is EXPIRED/, `UPDATE orders SET payment_status = 'EXPIRED' WHERE id = ${one('DISPATCHED')}`],
    [/with a payment that is SUCCEEDED/, `UPDATE orders SET payment_status = 'SUCCEEDED' WHERE id = ${expired}`],
    [/with a payment that is SUCCEEDED/, `UPDATE orders SET payment_status = 'SUCCEEDED' WHERE id = ${one('PENDING')}`],
    [/tells of 1 refunds/, `UPDATE orders SET payment_status = 'EXPIRED' WHERE id = ${expired}`],
    [/its events are/, `DELETE FROM order_events WHERE order_id = ${one('DISPATCHED')} AND version = 3`],
    [/its events are/, `UPDATE orders SET version = version + 1 WHERE id = ${one('PENDING')}`],
    [
      /went from RESERVED 0 to PROGRESSED/,
      `UPDATE order_events SET type = 'PROGRESSED' WHERE order_id = ${one('DISPATCHED')} AND version = 3`,
    ],
    [
      /went from PAID 0 to PROGRESSED 2/,
      `UPDATE order_events SET progress = 2 WHERE order_id = ${one('DISPATCHED')} AND type = 'PROGRESSED'`,
    ],
    [
      /to PAID 0 \(PENDING\)/,
      `UPDATE order_events SET status = 'PENDING' WHERE order_id = ${one('DISPATCHED')} AND type = 'PAID'`,
    ],
    [
      /its last event says PENDING/,
      `UPDATE orders SET status = 'CANCELLED', cancel_reason = 'REQUESTED' WHERE id = ${one('PENDING')}`,
    ],
    [/is DISPATCHED at step 2 of 3/, `${free('orders')} orders_progress_check; UPDATE orders SET dispatch_steps = 3`],
    [
      /is PAID at step 2 of 2/,
      `UPDATE orders SET status = 'PAID' WHERE status = 'DISPATCHED';
       UPDATE order_events SET status = 'PAID', type = 'PROGRESSED' WHERE type = 'DISPATCHED'`,
    ],
    [/for lack of stock after/, `UPDATE orders SET cancel_reason = 'OUT_OF_STOCK' WHERE id = ${expired}`],
    [/reports that took effect/, `UPDATE order_signals SET outcome = 'DUPLICATE' WHERE kind = 'DECLINED'`],
    [/counts 3 attempts/, `UPDATE orders SET payment_attempts = 3 WHERE payment_status = 'SUCCEEDED'`],
    [
      /report that nobody acts on/,
      `INSERT INTO order_signals (order_id, kind, key, received_at) VALUES (${one('DISPATCHED')}, 'CANCEL', 'k', now())`,
    ],
    [/a line of order .* no such order/, `UPDATE order_lines SET order_id = gen_random_uuid()`],
    [/an event of order .* no such order/, `UPDATE order_events SET order_id = gen_random_uuid()`],
    [/a report of order .* no such order/, `UPDATE order_signals SET order_id = gen_random_uuid()`],
    [
      /a movement of order .* no such order/,
      `UPDATE stock_movements SET order_id = gen_random_uuid() WHERE cause = 'RESERVED'`,
    ],
  ])('finds %s', async (problem, change) => {
    expect(await violationsOf(change)).toContainEqual(expect.stringMatching(problem));
  });

  const workflow = (status: string) => `
    INSERT INTO dbos.workflow_status (workflow_uuid, status) VALUES ('w', '${status}')`;

  test.each([
    [/^order \d+ is still PENDING/, 'SELECT'],
    [/^order \d+ has no workflow/, 'SELECT'],
    [/^workflow w is ERROR/, workflow('ERROR')],
    [/^workflow w is ENQUEUED/, workflow('ENQUEUED')],
    [/^workflow w is PENDING/, workflow('PENDING')],
  ])('finds, once all should be quiet, %s', async (problem, change) => {
    expect(await violationsOf(change, true)).toContainEqual(expect.stringMatching(problem));
    expect(await violationsOf(change)).toEqual([]);
  });
});

describe('without a guard of the store', () => {
  const copy = useDatabase();
  let database: Database;
  beforeAll(() => {
    database = openDatabase(copy.url, 4);
  });
  afterAll(() => database?.$disconnect());

  /** Runs two transactions that lock nothing, and write only when both have read. */
  async function both(run: (tx: Tx) => Promise<unknown>, otherRun = run): Promise<void> {
    const meet = meeting(2);
    const unlocked = (real: Tx) =>
      ({
        $queryRawUnsafe: async (text: string, ...parameters: unknown[]) => {
          const bare = text.replace(/ FOR NO KEY UPDATE/, '');
          if (bare === text && /UPDATE|INSERT/.test(text)) await meet();
          return real.$queryRawUnsafe(bare, ...parameters);
        },
      }) as Tx;
    await Promise.all([run, otherRun].map((one) => database.$transaction((tx) => one(unlocked(tx)))));
  }

  test('that locks products, more is sold than there was', async () => {
    await database.$executeRaw`ALTER TABLE products DROP CONSTRAINT products_inventory_check`;
    await both(
      (tx) => placeOrders(tx, [request(60)]),
      (tx) => placeOrders(tx, [request(60)]),
    );
    expect(await checkInvariants(copy.url)).toEqual(['product WIDGET has -20 units']);
  });

  test('that locks orders, stock is given back twice', async () => {
    const placing = request(1, 0, 3);
    await database.$transaction((tx) => placeOrders(tx, [placing]));
    await database.$executeRaw`ALTER TABLE order_events DROP CONSTRAINT order_events_pkey`;
    await both((tx) => settleOrders(tx, [{ orderId: placing.orderId, reports: [] }]));
    const problems = await checkInvariants(copy.url);
    expect(problems).toContainEqual(expect.stringMatching(/is CANCELLED and holds -1 of product 3/));
    expect(problems).toContainEqual(expect.stringMatching(/is at version 3, its events are \{1,2,3,3\}/));
  });

  test('that records a key with what is done for it, a restocking counts twice', async () => {
    await database.$executeRaw`ALTER TABLE stock_movements DROP CONSTRAINT stock_movements_restock_key_hash_fkey`;
    const restocking = { keyHash: 'again', requestHash: 'x', productId: 4, level: { add: 7 } };
    // Sent again, or taken up again after a crash, it finds nothing of the first time.
    for (let execution = 1; execution <= 2; execution++) {
      await database.$transaction((tx) => restockProducts(tx, restocking));
      await database.$executeRaw`DELETE FROM restocks WHERE key_hash = 'again'`;
    }
    expect(await checkInvariants(copy.url)).toContain('restocking again moved product 4 2 times');
  });
});
