import { describe } from './load.ts';
import { IN_PACE_MS } from './support/lateness.ts';
import type { Bench, Part } from './support/part.ts';
import { type Row, rowOf } from './support/report.ts';
import { playRound, type Round, type Shape } from './support/rounds.ts';

const SHAPE: Shape = { name: '64 in flight', inFlight: 64, products: 1, lines: 1 };
const PROCESSES = [1, 2, 4];

/** What several server processes on this machine do together; they share its cores with the database and the load. */
export const scale: Part = { name: 'scale', run };

async function run(bench: Bench): Promise<Row[]> {
  const rounds = PROCESSES.map((servers) => ({ servers, played: [] as Round[] }));
  for (let round = 1; round <= bench.options.rounds; round++)
    for (const { servers, played } of round % 2 === 1 ? rounds : rounds.toReversed()) {
      played.push(await playRound(bench, 'store', SHAPE, { servers }));
      bench.progress(`round ${round}: ${servers} processes: ${describe(played.at(-1)!)}`);
    }
  bench.keep('scale', rounds);
  const [alone] = rounds;
  return rounds.flatMap(({ servers, played }) => [
    rowOf('scale', {
      what: `PAID, ${SHAPE.name}, ${servers} processes`,
      unit: '/s',
      values: played.map(({ rate }) => rate),
      ...(servers > 1 && { against: { name: 'one process', values: alone!.played.map(({ rate }) => rate) } }),
    }),
    rowOf('scale', {
      what: `dispatch steps late p99, ${servers} processes`,
      unit: 'ms',
      values: played.map(({ lateness }) => lateness.p99),
      goal: `≤ ${IN_PACE_MS}, none undone`,
      holds: () => played.every(({ lateness }) => lateness.p99 <= IN_PACE_MS && lateness.undone === 0),
    }),
  ]);
}
