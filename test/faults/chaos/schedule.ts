import { type Random, randomOf } from '../random.ts';

/** Every kind of fault that a schedule can hold, with what it strikes and how long it lasts, in seconds. */
export const FAULTS = {
  /** Ends a server by SIGKILL; it is started again at once. */
  kill: { lane: 'server', lasts: [0, 0] },
  /** Stops a server by SIGSTOP, and lets it go on. */
  freeze: { lane: 'server', lasts: [1, 10] },
  /** The same, for as long as a virtual machine may stand still. */
  longFreeze: { lane: 'server', lasts: [20, 30] },
  /** Starts a server again with a clock that is ten minutes off. */
  clock: { lane: 'server', lasts: [0, 0] },
  /** Stops PostgreSQL at once, as a power cut would, and starts it after a while. */
  restart: { lane: 'database', lasts: [0, 2] },
  /** Fills the disk that PostgreSQL's data is on, and frees it after a while. */
  diskFull: { lane: 'database', lasts: [1, 5] },
  /** Ends a few sessions of servers, whatever they are doing. */
  terminate: { lane: 'sessions', lasts: [0, 0] },
  /** Ends a session while it commits. */
  terminateAtCommit: { lane: 'sessions', lasts: [0, 0] },
  /** Takes all connections that PostgreSQL has left. */
  exhaust: { lane: 'connections', lasts: [1, 4] },
  /** Holds locks on a product and on unfinished orders. */
  lock: { lane: 'locks', lasts: [0.5, 3] },
  /** Loses the answer to a COMMIT. */
  loseCommit: { lane: 'link', lasts: [0, 0] },
  cutAnswer: { lane: 'link', lasts: [0, 0] },
  reset: { lane: 'link', lasts: [0, 0] },
  delay: { lane: 'link', lasts: [1, 4] },
  blackHole: { lane: 'link', lasts: [1, 8] },
} as const satisfies Record<string, { lane: string; lasts: readonly [number, number] }>;

export type Fault = keyof typeof FAULTS;

/** One fault: when it strikes (milliseconds from the beginning), where, and for how long. */
export type Strike = Readonly<{
  at: number;
  fault: Fault;
  /** Which server, or which link: before the database or before the clients. */
  server: number;
  side: 'database' | 'clients';
  lastsMs: number;
  /** From 0 to below 1: decides what else there is to choose. */
  choice: number;
}>;

/** How many of each fault. */
export type Counts = Readonly<Partial<Record<Fault, number>>>;

/** Draws from a seed when which fault strikes where: the same from the same, in order of time. */
export function scheduleOf(seed: number, seconds: number, servers: number, counts: Counts): Strike[] {
  const random = randomOf(seed);
  const strikes = Object.entries(counts).flatMap(([fault, count]) =>
    Array.from({ length: count }, () => strikeOf(fault as Fault, random, seconds, servers)),
  );
  return strikes.sort((a, b) => a.at - b.at);
}

function strikeOf(fault: Fault, random: Random, seconds: number, servers: number): Strike {
  const [shortest, longest] = FAULTS[fault].lasts;
  return {
    at: Math.round(random() * seconds * 1000),
    fault,
    server: Math.floor(random() * servers),
    side: random() < 0.5 ? 'database' : 'clients',
    lastsMs: Math.round((shortest + random() * (longest - shortest)) * 1000),
    choice: random(),
  };
}

/** Names what a strike has for itself while it lasts: strikes on the same come one after another. */
export const laneOf = ({ fault, server, side }: Strike): string => {
  const { lane } = FAULTS[fault];
  if (lane === 'server') return `server ${server}`;
  return lane === 'link' ? `${side} ${server}` : lane;
};
