import { describe } from './load.ts';
import { IN_PACE_MS } from './support/lateness.ts';
import { type Bench, type Part, problemsOf } from './support/part.ts';
import { atLeast, type Row, rowOf } from './support/report.ts';
import { playRound, type Round, type Shape } from './support/rounds.ts';

const USUAL: Shape = { name: '64 in flight', inFlight: 64, products: 1, lines: 1 };
const MANY: Shape = { name: '1,000 in flight', inFlight: 1_000, products: 1, lines: 1 };
/** Rounds differ by this much on a quiet machine: less is no fall. */
const NOISE = 0.05;

/** A thousand shoppers at once: they get what 64 get together, or are told to come again. */
export const overload: Part = { name: 'overload', run };

async function run(bench: Bench): Promise<Row[]> {
  const rounds: Record<'usual' | 'many', Round[]> = { usual: [], many: [] };
  for (let round = 1; round <= bench.options.rounds; round++)
    for (const [key, shape] of [
      ['usual', USUAL],
      ['many', MANY],
    ] as const) {
      const played = await playRound(bench, 'store', shape);
      rounds[key].push(played);
      bench.progress(`round ${round}: ${shape.name}: ${describe(played)}`);
    }
  bench.keep('overload', rounds);
  for (const round of rounds.many) if (problemsOf(round)) bench.progress(problemsOf(round));

  const line = (row: Parameters<typeof rowOf>[1]) => rowOf('overload', row);
  const of = (figure: (round: Round) => number) => ({
    values: rounds.many.map(figure),
    against: { name: USUAL.name, values: rounds.usual.map(figure) },
  });
  const errors = ({ errors }: Round) => Object.values(errors).reduce((sum, count) => sum + count, 0);
  return [
    line({
      what: 'PAID, 1,000 in flight',
      unit: '/s',
      ...of(({ rate }) => rate),
      goal: `no fall (≥ ${1 - NOISE})`,
      holds: atLeast(1 - NOISE),
    }),
    line({
      what: 'dispatch steps late p99',
      unit: 'ms',
      values: rounds.many.map(({ lateness }) => lateness.p99),
      goal: `≤ ${IN_PACE_MS}, none undone`,
      holds: () => rounds.many.every(({ lateness }) => lateness.p99 <= IN_PACE_MS && lateness.undone === 0),
    }),
    line({ what: 'payment p99', unit: 'ms', ...of(({ paymentMs }) => paymentMs.p99) }),
    line({ what: 'memory of the server', unit: 'MB', ...of(({ rssMb }) => rssMb) }),
    line({ what: 'told to come again', unit: '', values: rounds.many.map(({ refused }) => refused) }),
    line({
      what: 'errors',
      unit: '',
      values: rounds.many.map(errors),
      goal: '0',
      holds: () => rounds.many.every((round) => errors(round) === 0),
    }),
  ];
}
