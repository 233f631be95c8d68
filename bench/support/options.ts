import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What a run of the benchmarks is told. */
export type Options = Readonly<{
  /** Only parts whose name begins with one of these. */
  only: readonly string[];
  rounds: number;
  /** Length of the measured part of a round. */
  seconds: number;
  /** What precedes it: as long as a dispatch takes, so that as many dispatches begin as end. */
  warmSeconds: number;
  /** Orders in the full database. */
  orders: number;
  streams: number;
  /** Another checkout of the project, installed and built: the load of 64 shoppers is measured on both in turns. */
  against: string | undefined;
  quick: boolean;
  help: boolean;
}>;

export const USAGE = `npm run bench -- [options]
  --only <text>    only the parts whose name begins with the text, or with one of several: load,full
  --rounds <n>     rounds of each measurement; their median counts (5)
  --seconds <n>    measured seconds of a round (5)
  --warm <n>       seconds of load before them (10: then as many dispatches begin as end)
  --orders <n>     orders in the full database (1000000), with a fifth as many finished workflows
  --streams <n>    open streams (5000); twice as many on one order
  --against <dir>  only the load of 64 shoppers, in turns with another checkout that is installed and built
  --quick          two short rounds with small numbers: shows that everything runs, and no figure counts`;

/** Reads the command line. Throws when it is not understood. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      warm: { type: 'string' },
      orders: { type: 'string' },
      streams: { type: 'string' },
      against: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const number = (name: 'rounds' | 'seconds' | 'warm' | 'orders' | 'streams', usual: number, short: number) => {
    const given = Number(values[name] ?? (quick ? short : usual));
    if (!(given > 0)) throw new Error(`--${name} takes a number above 0.`);
    return given;
  };
  return {
    only: values.only.split(','),
    against: values.against && resolve(values.against),
    rounds: Math.ceil(number('rounds', 5, 2)),
    seconds: number('seconds', 5, 2),
    warmSeconds: number('warm', 10, 1.5),
    orders: Math.ceil(number('orders', 1_000_000, 20_000)),
    streams: Math.ceil(number('streams', 5_000, 100)),
    quick,
    help: values.help,
  };
}
