import { describe } from './load.ts';
import { fullDatabase } from './support/full.ts';
import type { Bench, Part } from './support/part.ts';
import { type Row, rowOf } from './support/report.ts';
import { playRound, type Round, type Shape } from './support/rounds.ts';

const SHAPES: Shape[] = [
  { name: '64 in flight', inFlight: 64, products: 1, lines: 1 },
  { name: 'one in flight', inFlight: 1, products: 1, lines: 1 },
];
const WITHIN = 0.15;

/** Whether a database that has seen a million orders is slower than an empty one. */
export const full: Part = { name: 'full', run };

async function run(bench: Bench): Promise<Row[]> {
  const existing = await fullDatabase(bench);
  const rounds = SHAPES.map((shape) => ({ shape, empty: [] as Round[], full: [] as Round[] }));
  for (let round = 1; round <= bench.options.rounds; round++)
    for (const { shape, ...played } of rounds)
      for (const key of round % 2 === 1 ? (['full', 'empty'] as const) : (['empty', 'full'] as const)) {
        played[key].push(await playRound(bench, 'store', shape, key === 'full' ? { existing } : {}));
        bench.progress(`round ${round}: ${key}, ${shape.name}: ${describe(played[key].at(-1)!)}`);
      }
  bench.keep('full', rounds);

  const [many, one] = rounds;
  const row = (
    what: string,
    unit: string,
    of: typeof many,
    figure: (round: Round) => number,
    goal: string,
    limit: (r: number) => boolean,
  ) =>
    rowOf('full', {
      what: `${what}, ${bench.options.orders} orders in the database`,
      unit,
      values: of!.full.map(figure),
      against: { name: 'empty', values: of!.empty.map(figure) },
      goal,
      holds: limit,
    });
  const slower = [`≤ ${1 + WITHIN}`, (ratio: number) => ratio <= 1 + WITHIN] as const;
  return [
    row(
      'PAID, 64 in flight',
      '/s',
      many,
      ({ rate }) => rate,
      `≥ ${1 - WITHIN}`,
      (ratio) => ratio >= 1 - WITHIN,
    ),
    row('checkout p50, one in flight', 'ms', one, ({ checkoutMs }) => checkoutMs.p50, ...slower),
    row('payment p50, one in flight', 'ms', one, ({ paymentMs }) => paymentMs.p50, ...slower),
  ];
}
