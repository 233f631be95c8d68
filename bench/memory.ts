import { setTimeout as delay } from 'node:timers/promises';
import type { Play, Played } from './clients/shoppers.ts';
import { residentMb } from './support/meters.ts';
import { type Bench, type Part, problemsOf } from './support/part.ts';
import { figure, type Row, rowOf } from './support/report.ts';
import { openShop, productIds, TOKEN } from './support/shop.ts';

const FEW = 10_000;
const MANY = 100_000;
const PORTION = 1_000;
/** Beyond this the part ends with what it has, and no verdict. */
const LONGEST_MS = 420_000;
/** Dispatches end within this, so that orders that live take no part in the figure. */
const STEP_MS = 100;
const REST_MS = 3_000;
/** Growth of less than this is the collector's freedom. */
const FLAT = 1.15;

/** Whether memory grows with the number of orders that a process has seen. */
export const memory: Part = { name: 'memory', run };

async function run({ cluster, shoppers, options, progress, keep }: Bench): Promise<Row[]> {
  const [few, many] = options.quick ? [PORTION / 10, PORTION] : [FEW, MANY];
  const portion = options.quick ? few : PORTION;
  const shop = await openShop(cluster, 'store', { env: { DISPATCH_STEP_MS: String(STEP_MS) } });
  const curve: { orders: number; mb: number }[] = [];
  try {
    const [server] = shop.servers;
    const play: Play = {
      urls: [server!.url],
      token: TOKEN,
      inFlight: 64,
      warmMs: 0,
      ms: 0,
      total: portion,
      products: productIds(1),
      lines: 1,
    };
    const begun = performance.now();
    for (let orders = portion; orders <= many && performance.now() - begun < LONGEST_MS; orders += portion) {
      const played = await shoppers.ask<Played>(play);
      if (problemsOf(played)) progress(problemsOf(played));
      if (orders % few !== 0) continue;
      await delay(REST_MS);
      curve.push({ orders, mb: residentMb(server!.pid) });
      progress(`after ${orders} checkouts: ${figure(curve.at(-1)!.mb)} MB`);
    }
  } finally {
    await shop.close();
  }
  keep('memory', curve);
  const first = curve.find(({ orders }) => orders === few);
  const last = curve.at(-1);
  if (!first || !last) throw new Error(`there were less than ${few} checkouts in ${LONGEST_MS / 1000} s`);
  const complete = last.orders === many;
  return [
    rowOf('memory', {
      what: `memory after ${last.orders} checkouts`,
      unit: 'MB',
      values: [last.mb],
      against: { name: `after ${first.orders}`, values: [first.mb] },
      goal: `flat (≤ ${FLAT}) after ${many}`,
      // Not as many as the goal is about: no verdict.
      ...(complete && { holds: (ratio: number) => ratio <= FLAT }),
    }),
  ];
}
