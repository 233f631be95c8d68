import { parseArgs } from 'node:util';

/** What the long run is told. */
export type Options = Readonly<{
  minutes: number;
  seconds: number;
  servers: number;
  shoppers: number;
  seed: number | undefined;
  round: number | undefined;
  only: string;
  resume: boolean;
  report: boolean;
  help: boolean;
}>;

export const USAGE = `npm run chaos -- [options]
  --minutes <n>   begin no round after this (60)
  --seconds <n>   length of a round, without coming to rest and being checked (45)
  --servers <n>   server processes (3)
  --shoppers <n>  clients at once (16)
  --seed <n>      the schedule follows from it: the same seed repeats a run from its first round (drawn and printed)
  --round <n>     with --seed: this round of the run only
  --only <name>   only rounds whose name begins so: kills, for one
  --resume        goes on with the last run, after its last round
  --report        prints the table of all runs that are kept in .data/chaos, and runs nothing`;

/** Reads the command line. Throws when it is not understood. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '60' },
      seconds: { type: 'string', default: '45' },
      servers: { type: 'string', default: '3' },
      shoppers: { type: 'string', default: '16' },
      seed: { type: 'string' },
      round: { type: 'string' },
      only: { type: 'string', default: '' },
      resume: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'minutes' | 'seconds' | 'servers' | 'shoppers' | 'seed' | 'round') => {
    const value = Number(values[name]);
    if (!(value >= 0)) throw new Error(`--${name} takes a number.`);
    return value;
  };
  return {
    minutes: number('minutes'),
    seconds: number('seconds'),
    servers: number('servers'),
    shoppers: number('shoppers'),
    seed: values.seed === undefined ? undefined : number('seed'),
    round: values.round === undefined ? undefined : number('round'),
    only: values.only,
    resume: values.resume,
    report: values.report,
    help: values.help,
  };
}
