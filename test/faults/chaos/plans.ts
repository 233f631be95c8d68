import { randomOf } from '../random.ts';
import type { RoundPlan } from './round.ts';
import type { Counts } from './schedule.ts';

/** Faults in a minute. */
type Mix = Readonly<{
  name: string;
  perMinute: Counts;
  ownDisk?: boolean;
  servers?: number;
  measured?: boolean;
}>;

const network: Counts = { loseCommit: 15, cutAnswer: 15, reset: 8, delay: 8, blackHole: 4 };
const sessions: Counts = { terminate: 12, terminateAtCommit: 6 };

const kills: Mix = { name: 'kills', perMinute: { kill: 200, ...network } };
const allAtOnce: Mix = { name: 'all at once', perMinute: { kill: 160, restart: 15, freeze: 8 } };

/** Rounds take turns with these. */
const MIXES: readonly Mix[] = [
  {
    name: 'everything',
    perMinute: { kill: 60, freeze: 4, clock: 2, restart: 8, exhaust: 2, lock: 4, ...network, ...sessions },
  },
  kills,
  { name: 'database', perMinute: { kill: 30, restart: 25, ...sessions, lock: 6, exhaust: 3 } },
  kills,
  { name: 'frozen', perMinute: { kill: 20, freeze: 16, longFreeze: 2, ...network } },
  allAtOnce,
  { name: 'recovery by restart', perMinute: {}, servers: 1, measured: true },
  kills,
  { name: 'adoption', perMinute: {}, measured: true },
  allAtOnce,
  { name: 'full disk', perMinute: { kill: 10, diskFull: 6, terminate: 4 }, ownDisk: true },
  kills,
];

/** Tells whether some of the rounds have a name that begins so. */
export const areRounds = (name: string): boolean => MIXES.some((mix) => mix.name.startsWith(name));

/** What a round of a run is: it follows from the seed and its number. */
export type Plan = RoundPlan & Readonly<{ ownDisk: boolean; newDatabase: boolean }>;

/** Plans a round of a run, the first of which is 1. */
export function planOf(
  seed: number,
  number: number,
  options: Readonly<{ seconds: number; servers: number; shoppers: number }>,
): Plan {
  const random = randomOf(seed + number * 7919);
  const mix = MIXES[(number - 1) % MIXES.length]!;
  const counts = Object.fromEntries(
    Object.entries(mix.perMinute).map(([fault, n]) => [fault, Math.max(1, Math.round((n * options.seconds) / 60))]),
  );
  return {
    ...options,
    ...(mix.servers && { servers: mix.servers }),
    name: `${mix.name} ${number}`,
    measured: mix.measured ?? false,
    seed: Math.floor(random() * 2 ** 32),
    counts,
    ownDisk: mix.ownDisk ?? false,
    newDatabase: mix.ownDisk || random() < 0.4,
  };
}
