// A process of its own that plays shoppers: it gets one order by IPC, reports, and waits for the next.
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../support/stats.ts';
import { Connection } from './connection.ts';
import { buy } from './shopper.ts';

/** What to play: for some time, or until so many orders are PAID. */
export type Play = Readonly<{
  /** Servers; shoppers are spread over them. */
  urls: readonly string[];
  token: string;
  inFlight: number;
  warmMs: number;
  ms: number;
  total?: number;
  /** Global ids to choose from, and how many different ones an order has. */
  products: readonly string[];
  lines: number;
}>;

/** What came of it. Rates and latencies are of the measured time alone; errors and refusals of all of it. */
export type Played = Readonly<{
  /** Orders PAID in the measured time, and in all. */
  orders: number;
  ordersInAll: number;
  seconds: number;
  checkoutMs: { p50: number; p99: number };
  paymentMs: { p50: number; p99: number };
  refused: number;
  errors: Record<string, number>;
  /** Global ids of the orders and the index of the server that each was placed at; only with `total`. */
  placed: { id: string; server: number }[];
}>;

const LONGEST_MS = 600_000;
const AFTER_ERROR_MS = 100;

async function play({ urls, token, inFlight, warmMs, ms, total, products, lines }: Play): Promise<Played> {
  const checkouts: number[] = [];
  const payments: number[] = [];
  const errors: Record<string, number> = {};
  const placed: Played['placed'] = [];
  const refusals = { count: 0 };
  let begunOrders = 0;
  let ordersInAll = 0;
  const begun = performance.now();
  const from = begun + warmMs;
  const until = total === undefined ? from + ms : begun + LONGEST_MS;
  const goesOn = () => performance.now() < until && (total === undefined || begunOrders < total);

  const shopper = async (number: number) => {
    const server = number % urls.length;
    const connection = new Connection(urls[server]!, token);
    while (goesOn()) {
      begunOrders++;
      try {
        const { orderId, checkoutMs, paymentMs } = await buy(connection, choose(products, lines), refusals);
        ordersInAll++;
        if (total !== undefined) placed.push({ id: orderId, server });
        const now = performance.now();
        if (now < from || now > until) continue;
        checkouts.push(checkoutMs);
        payments.push(paymentMs);
      } catch (error) {
        const message = (error as Error).message.replace(/[0-9a-f-]{36}|\d+/g, 'N').slice(0, 120);
        errors[message] = (errors[message] ?? 0) + 1;
        await delay(AFTER_ERROR_MS);
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => shopper(number)));

  const seconds = total === undefined ? ms / 1000 : (performance.now() - begun) / 1000;
  const latency = (values: number[]) => ({ p50: percentile(values, 0.5), p99: percentile(values, 0.99) });
  return {
    orders: checkouts.length,
    ordersInAll,
    seconds,
    checkoutMs: latency(checkouts),
    paymentMs: latency(payments),
    refused: refusals.count,
    errors,
    placed,
  };
}

function choose(products: readonly string[], count: number): string[] {
  const chosen = new Set<string>();
  while (chosen.size < Math.min(count, products.length))
    chosen.add(products[Math.floor(Math.random() * products.length)]!);
  return [...chosen];
}

process.on('message', async (order: Play) => process.send?.(await play(order)));
process.on('disconnect', () => process.exit());
