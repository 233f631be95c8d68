import { setTimeout as delay } from 'node:timers/promises';
import type { Play, Played } from './clients/shoppers.ts';
import { countStatements, difference, each, measure, type Spent } from './support/meters.ts';
import { type Bench, type Part, problemsOf } from './support/part.ts';
import { atMost, figure, type Row, rowOf } from './support/report.ts';
import { type Kind, openShop, productIds, type Shop, TOKEN, untilDispatched } from './support/shop.ts';

const IN_FLIGHT = 64;
const IDLE_MS = 4_000;
/** An hour: nothing is dispatched while the cost of getting to PAID is measured. */
const NEVER_MS = 3_600_000;
const KINDS: Kind[] = ['store', 'textbook'];

/** What an order costs until it is PAID, and its dispatch. The second is the difference of two runs, with it and without. */
export const cost: Part = { name: 'cost', run };

type Cost = { paid: Spent; dispatch: Spent };

async function run(bench: Bench): Promise<Row[]> {
  const costs: Record<Kind, Cost[]> = { store: [], textbook: [] };
  for (let round = 1; round <= Math.min(bench.options.rounds, 3); round++)
    for (const kind of KINDS) {
      const paid = await costOf(bench, kind, false);
      const dispatch = difference(await costOf(bench, kind, true), paid);
      costs[kind].push({ paid, dispatch });
      bench.progress(`round ${round}: ${kind}, to PAID: ${describe(paid)}`);
      bench.progress(`round ${round}: ${kind}, its dispatch: ${describe(dispatch)}`);
    }
  bench.keep('cost', costs);

  const row = (stage: keyof Cost, counter: keyof Spent, unit: string, limit?: number) => {
    const of = (kind: Kind) => costs[kind].map((one) => one[stage][counter]);
    const what = `${stage === 'paid' ? 'an order to PAID' : 'its dispatch'}: ${unit}`;
    const goal = limit && { goal: `≤ 1/${limit}`, holds: atMost(1 / limit) };
    const against = { name: 'textbook', values: of('textbook') };
    return rowOf('cost', { what, unit: '', values: of('store'), against, ...goal });
  };
  return (['paid', 'dispatch'] as const).flatMap((stage) => [
    row(stage, 'statements', 'statements', stage === 'dispatch' ? 100 : undefined),
    row(stage, 'commits', 'commits that wrote'),
    row(stage, 'syncs', 'syncs of the log'),
    row(stage, 'walBytes', 'WAL bytes', stage === 'dispatch' ? 4 : undefined),
    row(stage, 'nodeMs', 'CPU ms of Node'),
    row(stage, 'postgresMs', 'CPU ms of PostgreSQL'),
  ]);
}

/** The cost of an order of many that come at once, without what the idle server costs. */
async function costOf({ cluster, shoppers, options }: Bench, kind: Kind, dispatch: boolean): Promise<Spent> {
  const orders = { store: 2_000, textbook: 200 }[kind] / (options.quick ? 10 : 1);
  const shop = await openShop(cluster, kind, {
    env: { DISPATCH_STEP_MS: String(dispatch ? 1000 : NEVER_MS) },
    prepare: (database) => countStatements(cluster, database),
  });
  try {
    const pids = shop.servers.map(({ pid }) => pid);
    const buy = async (total: number) => {
      const played = await shoppers.ask<Played>(playOf(shop, total));
      if (played.ordersInAll < total) throw new Error(problemsOf(played));
      if (dispatch) await untilDispatched(shop);
    };
    // What is compiled and cached once is not an order's cost.
    await buy(Math.ceil(orders / 4));
    const idle = await measure(cluster, shop.database, pids, () => delay(IDLE_MS));
    return each(await measure(cluster, shop.database, pids, () => buy(orders)), idle, orders);
  } finally {
    await shop.close();
  }
}

const playOf = (shop: Shop, total: number): Play => ({
  urls: shop.servers.map(({ url }) => url),
  token: TOKEN,
  inFlight: IN_FLIGHT,
  warmMs: 0,
  ms: 0,
  total,
  products: productIds(1),
  lines: 1,
});

function describe(spent: Spent): string {
  const { statements, commits, syncs, walBytes, nodeMs, postgresMs } = spent;
  return `${figure(statements)} statements, ${figure(commits)} commits, ${figure(syncs)} syncs, ${figure(walBytes)} bytes of WAL, CPU ${figure(nodeMs)} + ${figure(postgresMs)} ms`;
}
