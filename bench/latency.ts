import { describe } from './load.ts';
import type { Bench, Part } from './support/part.ts';
import { atMost, type Row, rowOf } from './support/report.ts';
import { playRound, type Round } from './support/rounds.ts';
import type { Kind } from './support/shop.ts';

const ALONE = { name: 'one in flight', inFlight: 1, products: 1, lines: 1 };
const KINDS: Kind[] = ['store', 'textbook'];

/** Latency of a shopper who is alone, with the dispatches of what was bought before. */
export const latency: Part = { name: 'latency', run };

async function run(bench: Bench): Promise<Row[]> {
  const rounds: Record<Kind, Round[]> = { store: [], textbook: [] };
  for (let round = 1; round <= bench.options.rounds; round++)
    for (const kind of round % 2 === 1 ? KINDS : KINDS.toReversed()) {
      const played = await playRound(bench, kind, ALONE);
      rounds[kind].push(played);
      bench.progress(`round ${round}: ${kind}: ${describe(played)}`);
    }
  bench.keep('latency', rounds);

  const row = (what: 'checkout' | 'payment', share: 'p50' | 'p99', limit: number) => {
    const of = (kind: Kind) => rounds[kind].map((round) => round[`${what}Ms`][share]);
    const against = { name: 'textbook', values: of('textbook') };
    const goal = `≤ 1/${limit}`;
    return rowOf('latency', {
      what: `${what} ${share}`,
      unit: 'ms',
      values: of('store'),
      against,
      goal,
      holds: atMost(1 / limit),
    });
  };
  return [row('checkout', 'p50', 8), row('checkout', 'p99', 6), row('payment', 'p50', 8), row('payment', 'p99', 6)];
}
