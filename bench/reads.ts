import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './clients/connection.ts';
import type { Played } from './clients/shoppers.ts';
import { fullDatabase } from './support/full.ts';
import { countStatements, measure } from './support/meters.ts';
import type { Bench, Part } from './support/part.ts';
import { atMost, figure, type Row, rowOf } from './support/report.ts';
import { openShop, productIds, type Shop, TOKEN } from './support/shop.ts';
import { percentile } from './support/stats.ts';

const FEW_ORDERS = 40;
const TIMES = 200;
const IDLE_MS = 2_000;
/** Ten steps of a dispatch take half a second here. */
const STEP_MS = 50;
const DISPATCHED_MS = 2_000;
/** More than this is growth. */
const NO_GROWTH = 1.15;

const ORDER = `id number status cancelReason version total { amount currencyCode } payBy progress { done total }
  createdAt updatedAt payment { id status amount { amount } } lines { sku name quantity unitPrice { amount } }
  events { version type status progress { done total } at }`;
const PAGE = `{ orders(first: 20) { edges { node { ${ORDER} } } pageInfo { endCursor hasNextPage } } }`;
const PRODUCT = `{ product(sku: "BENCH-1") { id sku name description price { amount currencyCode } inventory version } }`;
const CHECKOUT = `mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename
  ... on CheckoutSuccess { replayed order { id payment { id } } } } }`;

type Figures = Readonly<{ p50: number; statements: number }>;

/** What readers and repeated requests cost, in a shop with few orders and in one with a million. */
export const reads: Part = { name: 'reads', run };

async function run(bench: Bench): Promise<Row[]> {
  const { cluster, options } = bench;
  const prepare = (database: string) => countStatements(cluster, database);
  const existing = await fullDatabase(bench);
  const few: Map<string, Figures>[] = [];
  const many: Map<string, Figures>[] = [];
  for (let round = 1; round <= Math.min(options.rounds, 3); round++)
    for (const [results, given] of [
      [few, {}],
      [many, { existing }],
    ] as const) {
      const shop = await openShop(cluster, 'store', { ...given, prepare, env: { DISPATCH_STEP_MS: String(STEP_MS) } });
      try {
        results.push(await read(bench, shop));
        const told = [...results.at(-1)!].map(
          ([what, { p50, statements }]) => `${what} ${figure(p50)} ms, ${figure(statements)} statements`,
        );
        bench.progress(`round ${round}: ${results === few ? 'few orders' : 'many orders'}: ${told.join('; ')}`);
      } finally {
        await shop.close();
      }
    }
  bench.keep('reads', {
    few: few.map((round) => Object.fromEntries(round)),
    many: many.map((round) => Object.fromEntries(round)),
  });

  const of = (results: typeof few, what: string, key: keyof Figures) => results.map((round) => round.get(what)![key]);
  const goal = { goal: `no growth (≤ ${NO_GROWTH})`, holds: atMost(NO_GROWTH) };
  const name = `${options.orders} orders`;
  return [...few[0]!.keys()].flatMap((what) =>
    (['p50', 'statements'] as const).map((key) =>
      rowOf('reads', {
        what: `${what}: ${key}, ${name}`,
        unit: key === 'p50' ? 'ms' : '',
        values: of(many, what, key),
        against: { name: 'few orders', values: of(few, what, key) },
        ...goal,
      }),
    ),
  );
}

async function read({ cluster, shoppers }: Bench, shop: Shop): Promise<Map<string, Figures>> {
  const [server] = shop.servers;
  const products = productIds(1);
  const times = { inFlight: 4, warmMs: 0, ms: 0, total: FEW_ORDERS };
  await shoppers.ask<Played>({ urls: [server!.url], token: TOKEN, ...times, products, lines: 1 });
  const connection = new Connection(server!.url, TOKEN);
  const input = { idempotencyKey: randomUUID(), lines: [{ productId: products[0], quantity: 1 }] };
  const requests = new Map([
    ['replay of a key', JSON.stringify({ query: CHECKOUT, variables: { input } })],
    ['product page', JSON.stringify({ query: PRODUCT })],
    ['page of 20 orders', JSON.stringify({ query: PAGE })],
  ]);
  const figures = new Map<string, Figures>();
  // The dispatches of the orders above must not count as reading.
  await delay(DISPATCHED_MS);
  const post = async (body: string) => {
    const { status, body: answer } = await connection.post(body);
    if (status !== 200 || answer.includes('"errors"')) throw new Error(`HTTP ${status}: ${answer.slice(0, 200)}`);
  };
  const idle = await measure(cluster, shop.database, [], () => delay(IDLE_MS));
  for (const [what, body] of requests) {
    for (let i = 0; i < TIMES / 4; i++) await post(body);
    const ms: number[] = [];
    const spent = await measure(cluster, shop.database, [], async () => {
      for (let i = 0; i < TIMES; i++) {
        const begun = performance.now();
        await post(body);
        ms.push(performance.now() - begun);
      }
    });
    const background = idle.statements * (spent.elapsedMs / idle.elapsedMs);
    figures.set(what, { p50: percentile(ms, 0.5), statements: (spent.statements - background) / TIMES });
  }
  connection.close();
  return figures;
}
