import { describe, HOT64 } from './load.ts';
import type { Bench, Part } from './support/part.ts';
import { type Row, rowOf } from './support/report.ts';
import { playRound, type Round } from './support/rounds.ts';
import type { ShopOptions } from './support/shop.ts';

/** The load of 64 shoppers on this checkout and on another one, in turns: what a change costs on the way of an order. */
export const against: Part = { name: 'against', run };

async function run(bench: Bench): Promise<Row[]> {
  const folder = bench.options.against!;
  const rounds = { now: [] as Round[], before: [] as Round[] };
  const options: Record<keyof typeof rounds, ShopOptions> = { now: {}, before: { folder } };
  for (let round = 1; round <= bench.options.rounds; round++) {
    // Each round in the other direction, so that what drifts favours nobody.
    for (const side of round % 2 === 1 ? (['now', 'before'] as const) : (['before', 'now'] as const)) {
      const played = await playRound(bench, 'store', HOT64, options[side]);
      rounds[side].push(played);
      bench.progress(`round ${round}: ${side}: ${describe(played)}`);
    }
  }
  bench.keep('against', rounds);
  const row = (what: string, unit: string, figureOf: (round: Round) => number) =>
    rowOf('against', {
      what,
      unit,
      values: rounds.now.map(figureOf),
      against: { name: 'before', values: rounds.before.map(figureOf) },
    });
  return [
    row(`PAID, ${HOT64.name}`, '/s', ({ rate }) => rate),
    row("CPU of an order, Node's", 'ms', ({ nodeMs }) => nodeMs),
    row("CPU of an order, PostgreSQL's", 'ms', ({ postgresMs }) => postgresMs),
    row('checkout p50', 'ms', ({ checkoutMs }) => checkoutMs.p50),
    row('checkout p99', 'ms', ({ checkoutMs }) => checkoutMs.p99),
    row('payment p50', 'ms', ({ paymentMs }) => paymentMs.p50),
    row('payment p99', 'ms', ({ paymentMs }) => paymentMs.p99),
    row('dispatch steps late p99', 'ms', ({ lateness }) => lateness.p99),
    row('memory', 'MB', ({ rssMb }) => rssMb),
  ];
}
