import { setTimeout as delay } from 'node:timers/promises';
import { countStatements, measure } from './support/meters.ts';
import type { Bench, Part } from './support/part.ts';
import { atMost, figure, type Row, rowOf } from './support/report.ts';
import { openShop } from './support/shop.ts';

const SETTLE_MS = 2_000;
const MOST_STATEMENTS = 5;

/** What a server does while nobody asks it for anything. */
export const idle: Part = { name: 'idle', run };

async function run({ cluster, options, progress, keep }: Bench): Promise<Row[]> {
  const shop = await openShop(cluster, 'store', { prepare: (database) => countStatements(cluster, database) });
  try {
    await delay(SETTLE_MS);
    const rates: number[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      const pids = shop.servers.map(({ pid }) => pid);
      const spent = await measure(cluster, shop.database, pids, () => delay(options.seconds * 1000));
      rates.push((spent.statements / spent.elapsedMs) * 1000);
      progress(`round ${round}: ${figure(rates.at(-1)!)} statements/s, ${figure(spent.commits)} commits in all`);
    }
    keep('idle', rates);
    const goal = { goal: `≤ ${MOST_STATEMENTS}`, holds: atMost(MOST_STATEMENTS) };
    return [rowOf('idle', { what: 'statements of an idle server', unit: '/s', values: rates, ...goal })];
  } finally {
    await shop.close();
  }
}
