import { fileURLToPath } from 'node:url';
import { IN_PACE_MS } from './support/lateness.ts';
import { type Bench, type Part, problemsOf } from './support/part.ts';
import { start } from './support/processes.ts';
import { atLeast, figure, type Row, rowOf } from './support/report.ts';
import { floorRound, playRound, type Round, type Shape } from './support/rounds.ts';
import type { Kind } from './support/shop.ts';

const HOT16 = { name: 'one hot product, 16 in flight', inFlight: 16, products: 1, lines: 1 };
export const HOT64 = { name: 'one hot product, 64 in flight', inFlight: 64, products: 1, lines: 1 };
const MANY = { name: '100 products, 64 in flight', inFlight: 64, products: 100, lines: 1 };
const LINES = { name: '100 products, three lines, 64 in flight', inFlight: 64, products: 100, lines: 3 };

/**
 * `goal`: the share of the floor from BEGIN to COMMIT, which the DBOS project's own store was held against as well (2.6 %).
 * `processes`: numbers of the store's server processes to measure with.
 */
type Load = { shape: Shape; goal: number; textbook: boolean; processes: number[] };
const LOADS: Load[] = [
  { shape: HOT16, goal: 0.4, textbook: true, processes: [1] },
  { shape: HOT64, goal: 0.55, textbook: true, processes: [1] },
  { shape: MANY, goal: 0.35, textbook: false, processes: [1, 2] },
  { shape: LINES, goal: 0.35, textbook: false, processes: [1, 2] },
];
const nameOf = (kind: Kind, { name }: Shape, servers: number) =>
  `${kind}, ${name}${servers > 1 ? `, ${servers} processes` : ''}`;
const TIMES_TEXTBOOK = 30;

/** Complete checkouts per second through HTTP while dispatches run, against the textbook and the floor. */
export const load: Part = { name: 'load', run };

async function run(bench: Bench): Promise<Row[]> {
  const floor = start(fileURLToPath(new URL('clients/floor.ts', import.meta.url)));
  const rounds = new Map<string, Round[]>();
  const floors = new Map<string, number[]>();
  const add = <Value>(map: Map<string, Value[]>, name: string, value: Value) =>
    map.set(name, [...(map.get(name) ?? []), value]);
  try {
    for (let round = 1; round <= bench.options.rounds; round++) {
      // Each round in the other direction, so that what drifts favours nobody.
      const loads = round % 2 === 1 ? LOADS : LOADS.toReversed();
      for (const { shape, textbook, processes } of loads) {
        const stores = processes.map((servers): [Kind, number] => ['store', servers]);
        for (const [kind, servers] of [...stores, ...(textbook ? [['textbook', 1] as [Kind, number]] : [])]) {
          const played = await playRound(bench, kind, shape, { servers });
          add(rounds, nameOf(kind, shape, servers), played);
          bench.progress(`round ${round}: ${nameOf(kind, shape, servers)}: ${describe(played)}`);
        }
        for (const statements of ['one', 'many'] as const) {
          const rate = await floorRound(bench, floor, shape, statements);
          add(floors, `${statements}, ${shape.name}`, rate);
          bench.progress(`round ${round}: floor (${statements}), ${shape.name}: ${figure(rate)}/s`);
        }
      }
    }
  } finally {
    await floor.end();
  }
  bench.keep('load', { rounds: Object.fromEntries(rounds), floors: Object.fromEntries(floors) });
  return LOADS.flatMap((load) => load.processes.flatMap((servers) => rowsOf(load, servers, rounds, floors)));
}

function rowsOf(
  { shape, goal, textbook }: Load,
  servers: number,
  rounds: ReadonlyMap<string, Round[]>,
  floors: ReadonlyMap<string, number[]>,
): Row[] {
  const store = rounds.get(nameOf('store', shape, servers)) ?? [];
  const name = nameOf('store', shape, servers).replace('store, ', '');
  const values = store.map(({ rate }) => rate);
  const floor = (statements: string) => floors.get(`${statements}, ${shape.name}`) ?? [];
  const line = (row: Parameters<typeof rowOf>[1]) => rowOf('load', row);
  const rows: Row[] = [];
  const what = `PAID, ${name}`;
  if (textbook) {
    const against = {
      name: 'textbook',
      values: (rounds.get(nameOf('textbook', shape, 1)) ?? []).map(({ rate }) => rate),
    };
    rows.push(
      line({ what, unit: '/s', values, against, goal: `≥ ${TIMES_TEXTBOOK} ×`, holds: atLeast(TIMES_TEXTBOOK) }),
    );
  }
  const against = { name: 'floor, BEGIN to COMMIT', values: floor('many') };
  rows.push(line({ what, unit: '/s', values, against, goal: `≥ ${Math.round(goal * 100)} %`, holds: atLeast(goal) }));
  const stricter = { name: 'floor, one statement a transaction', values: floor('one') };
  rows.push(line({ what, unit: '/s', values, against: stricter }));
  rows.push(
    line({
      what: `dispatch steps late p99, ${name}`,
      unit: 'ms',
      values: store.map(({ lateness }) => lateness.p99),
      goal: `≤ ${IN_PACE_MS}, none undone`,
      // Every round counts here, not their median.
      holds: () =>
        store.length > 0 && store.every(({ lateness }) => lateness.p99 <= IN_PACE_MS && lateness.undone === 0),
    }),
    line({
      what: `errors and refusals, ${name}`,
      unit: '',
      values: store.map(({ errors, refused }) => Object.values(errors).reduce((sum, count) => sum + count, refused)),
      goal: '0',
      holds: () => store.every(({ errors, refused }) => refused === 0 && Object.keys(errors).length === 0),
    }),
  );
  return rows;
}

/** Tells in a line how a round went. */
export function describe(round: Round): string {
  const { rate, checkoutMs, paymentMs, lateness, rssMb, nodeMs, postgresMs } = round;
  return [
    `${figure(rate)}/s`,
    `CPU ${figure(nodeMs)} + ${figure(postgresMs)} ms`,
    `checkout ${figure(checkoutMs.p50)}/${figure(checkoutMs.p99)} ms`,
    `payment ${figure(paymentMs.p50)}/${figure(paymentMs.p99)} ms`,
    `${lateness.due} steps late ${figure(lateness.p50)}/${figure(lateness.p99)} ms (${lateness.undone} undone)`,
    `${figure(rssMb)} MB`,
    problemsOf(round),
  ]
    .filter(Boolean)
    .join(', ');
}
