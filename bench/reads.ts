import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from './clients/connection.ts';
import type { Played } from './clients/shoppers.ts';
import { fullDatabase } from './support/full.ts';
import { countStatements, measure, type Spent } from './support/meters.ts';
import type { Bench, Part } from './support/part.ts';
import { atMost, figure, type Row, rowOf } from './support/report.ts';
import { openShop, productIds, type Shop, TOKEN } from './support/shop.ts';
import { percentile } from './support/stats.ts';

const FEW_ORDERS = 40;
const TIMES = 400;
const WARM_TIMES = 200;
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

const INPUT = { idempotencyKey: randomUUID(), lines: [{ productId: productIds(1)[0], quantity: 1 }] };
const REQUESTS = new Map([
  ['replay of a key', JSON.stringify({ query: CHECKOUT, variables: { input: INPUT } })],
  ['product page', JSON.stringify({ query: PRODUCT })],
  ['page of 20 orders', JSON.stringify({ query: PAGE })],
]);

type Figures = Readonly<{ p50: number; statements: number }>;
type Existing = Awaited<ReturnType<typeof fullDatabase>>;
type Reader = Readonly<{ connection: Connection; idle: Spent }>;

/** What readers and repeated requests cost, in a shop with few orders and in one with a million. */
export const reads: Part = { name: 'reads', run };

async function run(bench: Bench): Promise<Row[]> {
  const { options } = bench;
  const existing = await fullDatabase(bench);
  const few: Map<string, Figures>[] = [];
  const many: Map<string, Figures>[] = [];
  for (let round = 1; round <= Math.min(options.rounds, 3); round++) {
    const [fewer, more] = await readBoth(bench, existing);
    few.push(fewer);
    many.push(more);
    for (const what of fewer.keys())
      bench.progress(`round ${round}: ${what}: few orders ${told(fewer.get(what)!)}, many ${told(more.get(what)!)}`);
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

const told = ({ p50, statements }: Figures) => `${figure(p50)} ms (${figure(statements)} statements)`;

/** Asks both shops in turns, request by request: whatever else the machine does then is in both figures. */
async function readBoth(bench: Bench, existing: Existing): Promise<[Map<string, Figures>, Map<string, Figures>]> {
  const prepare = (database: string) => countStatements(bench.cluster, database);
  const options = { prepare, env: { DISPATCH_STEP_MS: String(STEP_MS) } };
  const few = await openShop(bench.cluster, 'store', options);
  try {
    const many = await openShop(bench.cluster, 'store', { ...options, existing });
    try {
      const readers = [await prepared(bench, few), await prepared(bench, many)] as const;
      const figures = [new Map<string, Figures>(), new Map<string, Figures>()] as const;
      for (const [what, body] of REQUESTS) {
        await inTurns(readers, body, WARM_TIMES);
        let ms: [number[], number[]] = [[], []];
        let ofMany: Spent | undefined;
        const ofFew = await measure(bench.cluster, few.database, [], async () => {
          ofMany = await measure(bench.cluster, many.database, [], async () => {
            ms = await inTurns(readers, body, TIMES);
          });
        });
        figures[0].set(what, figuresOf(ms[0], ofFew, readers[0].idle));
        figures[1].set(what, figuresOf(ms[1], ofMany!, readers[1].idle));
      }
      for (const { connection } of readers) connection.close();
      return [...figures];
    } finally {
      await many.close();
    }
  } finally {
    await few.close();
  }
}

/** Places some orders in a shop, and measures what it does when nobody reads. */
async function prepared({ cluster, shoppers }: Bench, shop: Shop): Promise<Reader> {
  const [server] = shop.servers;
  const times = { inFlight: 4, warmMs: 0, ms: 0, total: FEW_ORDERS };
  await shoppers.ask<Played>({ urls: [server!.url], token: TOKEN, ...times, products: productIds(1), lines: 1 });
  // Their dispatches must not count as reading.
  await delay(DISPATCHED_MS);
  const idle = await measure(cluster, shop.database, [], () => delay(IDLE_MS));
  return { connection: new Connection(server!.url, TOKEN), idle };
}

/** Sends a request to each, so many times, and returns how long each took, in milliseconds. */
async function inTurns(readers: readonly [Reader, Reader], body: string, times: number): Promise<[number[], number[]]> {
  const ms: [number[], number[]] = [[], []];
  for (let i = 0; i < times; i++)
    for (const index of i % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const begun = performance.now();
      const { status, body: answer } = await readers[index].connection.post(body);
      ms[index].push(performance.now() - begun);
      if (status !== 200 || answer.includes('"errors"')) throw new Error(`HTTP ${status}: ${answer.slice(0, 200)}`);
    }
  return ms;
}

function figuresOf(ms: number[], spent: Spent, idle: Spent): Figures {
  const background = idle.statements * (spent.elapsedMs / idle.elapsedMs);
  return { p50: percentile(ms, 0.5), statements: (spent.statements - background) / TIMES };
}
