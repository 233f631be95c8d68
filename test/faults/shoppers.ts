import { expect } from 'vitest';
import type { Client, OrderData } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';

/** A source of chance: numbers from 0 to below 1. */
export type Random = () => number;

/** Makes chance that can be repeated: mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Lines = { productId: string; quantity: number }[];
type Placed = { lines: Lines; order: OrderData };

/** What clients were told, as they remember it. */
export class Log {
  /** By idempotency key: what was asked, and the order as it was last acknowledged. */
  readonly orders = new Map<string, Placed>();
  /** Units that were added, by the key of the restocking. */
  readonly restockings = new Map<string, number>();
  /** Answers that came. */
  answers = 0;

  note(key: string, lines: Lines, order: OrderData): void {
    this.answers++;
    const known = this.orders.get(key);
    if (known) expect(order.id, 'one key, one order').toBe(known.order.id);
    if (!known || known.order.version < order.version) this.orders.set(key, { lines, order });
  }
}

const PRODUCTS = ['WIDGET', 'GADGET', 'GIZMO'];

/** One who shops: does at random what shoppers do, each time to its end, and notes all that was acknowledged. */
class Shopper {
  readonly #client: Client;
  readonly #random: Random;
  readonly #log: Log;

  constructor(client: Client, random: Random, log: Log) {
    this.#client = client;
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
    const order = (await this.#client.checkout(key, lines)).order!;
    this.#log.note(key, lines, order);
    return { lines, order };
  }

  async #pay(key: string, { lines, order }: Placed, outcome: 'PAID' | 'DECLINED' | 'FAILED') {
    const answer = await this.#client.pay(order.payment.id, outcome, `${key}-${outcome}`);
    expect(['SubmitPaymentSuccess', 'OrderStateError']).toContain(answer.__typename);
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
    await eventually(`the order ${placed.order.id} expires`, async () => {
      return (await this.#client.order(placed.order.id))?.status === 'CANCELLED';
    });
    await this.#pay(key, placed, 'PAID');
  }

  async #twice(key: string) {
    const lines = [{ productId: (await this.#client.product('WIDGET')).id, quantity: 1 }];
    const both = await Promise.all([this.#client.checkout(key, lines), this.#client.checkout(key, lines)]);
    for (const { order } of both) this.#log.note(key, lines, order!);
    const placed = { lines, order: both[0].order! };
    await Promise.all([this.#pay(key, placed, 'PAID'), this.#pay(key, placed, 'PAID')]);
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
    expect(order.cancelReason).toBe('OUT_OF_STOCK');
  }
}

/**
 * Sends shoppers into a store. Call what this returns to close it: each finishes what they are doing, and what failed
 * for one is thrown. `name`: tells these shoppers from others.
 */
export function sendShoppers(
  name: string,
  count: number,
  client: Client,
  random: Random,
  log: Log,
): () => Promise<void> {
  let open = true;
  const visits = Array.from({ length: count }, async (_, number) => {
    const shopper = new Shopper(client, random, log);
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

/** Compares a store that has come to rest with what its clients were told. */
export async function expectAsTold(client: Client, log: Log): Promise<void> {
  const sold = new Map<string, number>();
  for (const [key, { lines, order }] of log.orders) {
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
    if (order.status === 'CANCELLED') expect(now.payment.status).toBe(order.payment.status);
    if (now.status === 'DISPATCHED')
      for (const { sku, quantity } of now.lines) sold.set(sku, (sold.get(sku) ?? 0) + quantity);
  }
  const added = [...log.restockings.values()].reduce((sum, units) => sum + units, 0);
  for (const sku of [...PRODUCTS, 'SPROCKET'])
    expect((await client.product(sku)).inventory, sku).toBe(100 + added - (sold.get(sku) ?? 0));
}
