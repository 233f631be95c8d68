import { expect } from 'vitest';
import type { Client, OrderData } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { type Random, randomOf } from './random.ts';

type Lines = { productId: string; quantity: number }[];
type Placed = { lines: Lines; order: OrderData };

/** What clients were told, as they remember it. */
export class Log {
  /** By idempotency key: what was asked, and the order as it was last acknowledged. */
  readonly orders = new Map<string, Placed>();
  /** Units that were added, by the key of the restocking. */
  readonly restockings = new Map<string, number>();
  /** Keys of the orders that money was accepted for. */
  readonly paid = new Set<string>();
  /** Answers that came. */
  answers = 0;
  /** Hears of each order that is acknowledged for the first time. */
  onOrder: ((order: OrderData) => void) | undefined;

  note(key: string, lines: Lines, order: OrderData): void {
    this.answers++;
    const known = this.orders.get(key);
    if (!known) this.onOrder?.(order);
    if (known) expect(order.id, 'one key, one order').toBe(known.order.id);
    if (!known || known.order.version < order.version) this.orders.set(key, { lines, order });
  }
}

const PRODUCTS = ['WIDGET', 'GADGET', 'GIZMO'];
/** Faults may hold up an order that is to expire. */
const EXPIRES_MS = 120_000;

/** One who shops: does at random what shoppers do, each time to its end, and notes all that was acknowledged. */
class Shopper {
  readonly #client: Client;
  /** What sends the second click of a double click: another process may get it. */
  readonly #second: Client;
  readonly #random: Random;
  readonly #log: Log;

  constructor(client: Client, second: Client, random: Random, log: Log) {
    this.#client = client;
    this.#second = second;
    this.#random = random;
    this.#log = log;
  }

  async shop(key: string): Promise<void> {
    const stories = [this.#buy, this.#buy, this.#declined, this.#failed, this.#cancel, this.#late, this.#twice];
    const rare = [this.#restock, this.#tooMuch];
    const choice = this.#random() < 0.1 ? rare : stories;
    await choice[Math.floor(this.#random() * choice.length)]!.call(this, key);
  }

  async #checkOut(key: string, quantity = 1 + Math.floor(this.#random() * 3)): Promise<Placed> {
    const lines: Lines = [];
    for (const sku of [...PRODUCTS.filter(() => this.#random() < 0.5), 'SPROCKET'])
      lines.push({ productId: (await this.#client.product(sku)).id, quantity });
    const { order, message } = await this.#client.checkout(key, lines);
    if (!order) throw new Error(`The checkout ${key} was refused: ${message}`);
    this.#log.note(key, lines, order);
    return { lines, order };
  }

  async #pay(key: string, { lines, order }: Placed, outcome: 'PAID' | 'DECLINED' | 'FAILED', client = this.#client) {
    const answer = await client.pay(order.payment.id, outcome, `${key}-${outcome}`);
    expect(['SubmitPaymentSuccess', 'OrderStateError']).toContain(answer.__typename);
    if (outcome === 'PAID' && answer.__typename === 'SubmitPaymentSuccess') this.#log.paid.add(key);
    this.#log.note(key, lines, answer.order!);
  }

  async #buy(key: string) {
    await this.#pay(key, await this.#checkOut(key), 'PAID');
  }

  async #declined(key: string) {
    const order = await this.#checkOut(key);
    await this.#pay(key, order, 'DECLINED');
    await this.#pay(key, order, 'PAID');
  }

  async #failed(key: string) {
    await this.#pay(key, await this.#checkOut(key), 'FAILED');
  }

  async #cancel(key: string) {
    const { lines, order } = await this.#checkOut(key);
    const answer = await this.#client.cancel(order.id);
    this.#log.note(key, lines, answer.order!);
  }

  async #late(key: string) {
    const placed = await this.#checkOut(key);
    const expired = async () => (await this.#client.order(placed.order.id))?.status === 'CANCELLED';
    await eventually(`the order ${placed.order.id} expires`, expired, EXPIRES_MS);
    await this.#pay(key, placed, 'PAID');
  }

  async #twice(key: string) {
    const lines = [{ productId: (await this.#client.product('WIDGET')).id, quantity: 1 }];
    const both = await Promise.all([this.#client.checkout(key, lines), this.#second.checkout(key, lines)]);
    for (const { order } of both) this.#log.note(key, lines, order!);
    const placed = { lines, order: both[0].order! };
    await Promise.all([this.#pay(key, placed, 'PAID'), this.#pay(key, placed, 'PAID', this.#second)]);
  }

  async #restock(key: string) {
    const units = 1 + Math.floor(this.#random() * 50);
    const { products } = await this.#client.restock({ idempotencyKey: key, level: { add: units } });
    expect(products).toHaveLength(4);
    this.#log.restockings.set(key, units);
    this.#log.answers++;
  }

  async #tooMuch(key: string) {
    const { order } = await this.#checkOut(key, 1000);
    if (order.status === 'CANCELLED') expect(['OUT_OF_STOCK', 'PAYMENT_TIMEOUT']).toContain(order.cancelReason);
  }
}

/**
 * Sends shoppers into a store, each with one of the clients. Call what this returns to close it: each finishes what
 * they are doing, and what failed for one is thrown. `name`: tells these shoppers from others. What each does follows
 * from the seed.
 */
export function sendShoppers(
  name: string,
  count: number,
  clients: readonly Client[],
  seed: number,
  log: Log,
): () => Promise<void> {
  let open = true;
  const visits = Array.from({ length: count }, async (_, number) => {
    const [client, second] = [number, number + 1].map((i) => clients[i % clients.length]!);
    const shopper = new Shopper(client!, second!, randomOf(seed + number), log);
    for (let visit = 1; open; visit++) await shopper.shop(`${name}-${number}-${visit}`);
  });
  const all = Promise.all(visits);
  // Until then, nobody looks at a failure.
  all.catch(() => {});
  return async () => {
    open = false;
    await all;
  };
}

const AT_ONCE = 8;

/** Compares a store that has come to rest with what its clients were told. */
export async function expectAsTold(client: Client, log: Log): Promise<void> {
  const sold = new Map<string, number>();
  const entries = log.orders.entries();
  const compare = async () => {
    for (const [key, placed] of entries) {
      const now = await expectOrderAsTold(client, key, placed);
      if (log.paid.has(key)) expect(['SUCCEEDED', 'REFUNDED'], key).toContain(now.payment.status);
      if (now.status !== 'DISPATCHED') continue;
      for (const { sku, quantity } of now.lines) sold.set(sku, (sold.get(sku) ?? 0) + quantity);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, compare));
  const added = [...log.restockings.values()].reduce((sum, units) => sum + units, 0);
  for (const sku of [...PRODUCTS, 'SPROCKET'])
    expect((await client.product(sku)).inventory, sku).toBe(100 + added - (sold.get(sku) ?? 0));
}

async function expectOrderAsTold(client: Client, key: string, { lines, order }: Placed): Promise<OrderData> {
  const replayed = await client.checkout(key, lines);
  const now = replayed.order!;
  expect(now.id, 'one key, one order').toBe(order.id);
  expect(replayed.replayed ?? true).toBe(true);
  expect(now.events.slice(0, order.events.length), 'what was told stays').toEqual(order.events);
  expect([now.number, now.total, now.payment.id, now.payBy]).toEqual([
    order.number,
    order.total,
    order.payment.id,
    order.payBy,
  ]);
  if (order.payment.status === 'SUCCEEDED') expect(now.status, 'what was paid is sent').toBe('DISPATCHED');
  if (order.status === 'CANCELLED') expect([order.payment.status, 'REFUNDED']).toContain(now.payment.status);
  return now;
}
