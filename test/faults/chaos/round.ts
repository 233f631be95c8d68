import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../support/client.ts';
import { expectNoSessions } from '../../support/database.ts';
import { checkInvariants } from '../../support/invariants.ts';
import { tirelessClientOf } from '../patient-client.ts';
import { randomOf } from '../random.ts';
import { comesToRest } from '../rest.ts';
import { expectAsTold, type Log, sendShoppers } from '../shoppers.ts';
import type { Cluster } from './cluster.ts';
import { Readers } from './readers.ts';
import { measureRecovery, type Recovery } from './recovery.ts';
import { type Counts, type Fault, laneOf, type Strike, scheduleOf } from './schedule.ts';
import { Server } from './server.ts';
import { strike, type Target, Unavailable } from './strikes.ts';

export type RoundPlan = Readonly<{
  name: string;
  seed: number;
  seconds: number;
  servers: number;
  shoppers: number;
  counts: Counts;
  /** Instead of a schedule, servers are killed one at a time, and it is measured when all is well again. */
  measured?: boolean;
}>;

export type Round = {
  plan: RoundPlan;
  /** How many of each fault happened. */
  struck: Partial<Record<Fault, number>>;
  /** Faults that this machine does not provide for, and why. */
  unavailable: Partial<Record<Fault, string>>;
  /** Faults that came to nothing, such as ending a session while PostgreSQL was down. */
  missed: number;
  orders: number;
  answers: number;
  streams: number;
  events: number;
  resumed: number;
  /** From the last fault until everything was finished. */
  restMs: number;
  recovery: Recovery;
  violations: string[];
};

/** What clients were told of a database, kept by themselves over all rounds on it. */
export type Shop = Readonly<{ databaseUrl: string; log: Log }>;

const PATIENCE_MS = 150_000;
const ANSWER_MS = 8_000;
const REST_MS = 120_000;
const CHECK_MS = 4_000;

const environment = ({ measured }: RoundPlan) => ({
  // Where it is measured how soon orders move, enough of them are under way at every moment.
  DISPATCH_STEPS: measured ? '20' : '3',
  DISPATCH_STEP_MS: measured ? '100' : '50',
  PAYMENT_WINDOW_SECONDS: '3',
  // Short, so that the frozen lose their orders; where adoption is measured, as it is by default.
  LEASE_SECONDS: measured ? '10' : '2',
});

export type RoundOptions = Readonly<{
  signal?: AbortSignal;
  /** Hears in a few words what goes on. */
  say?: (text: string) => void;
  /** Called when something was violated, before the servers are stopped. */
  keepEvidence?: (servers: readonly Server[]) => Promise<void>;
}>;

/**
 * Lets shoppers shop and readers read while faults strike, lets everything come to rest, and checks that nobody noticed.
 * Leaves no process behind, also when `signal` breaks it off: then it throws.
 */
export async function runRound(
  plan: RoundPlan,
  cluster: Cluster,
  shop: Shop,
  { signal = new AbortController().signal, say = () => {}, keepEvidence = async () => {} }: RoundOptions = {},
): Promise<Round> {
  const { databaseUrl, log } = shop;
  const struck: Partial<Record<Fault, number>> = {};
  const round: Round = {
    ...{ plan, struck, unavailable: {}, missed: 0, streams: 0, events: 0, resumed: 0, restMs: 0, violations: [] },
    recovery: { answerMs: [], moveMs: [], adoptMs: [] },
    orders: -log.orders.size,
    answers: -log.answers,
  };
  const servers: Server[] = [];
  let readers: Readers | undefined;
  let ending: NodeJS.Signals = 'SIGKILL';
  const brokenOff = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  /** Does a part of the check; what it throws or returns is a violation. */
  const check = async (what: string, look: () => Promise<unknown>) => {
    say(`checking: ${what}`);
    const problems = await Promise.race([look(), brokenOff]).catch((error: Error) => [error.message]);
    signal.throwIfAborted();
    if (Array.isArray(problems)) round.violations.push(...problems.map((problem) => `${what}: ${problem}`));
  };
  try {
    for (let i = 0; i < plan.servers; i++) servers.push(await Server.open(databaseUrl, environment(plan)));
    await Promise.all(servers.map((server) => server.ready()));
    const urls = servers.map(({ url }) => url);
    readers = new Readers(urls, randomOf(plan.seed));
    log.onOrder = (order) => readers?.offer(order);
    const clients = urls.map((_, i) => clientFrom(urls, i));
    const close = sendShoppers(plan.name, plan.shoppers, clients, plan.seed, log);

    say('faults strike');
    const target = { cluster, databaseUrl, servers };
    if (plan.measured) struck.kill = await measureRecovery(target, plan.seconds, round.recovery, signal);
    else await strikeAll(target, round, signal);
    const begun = performance.now();
    await check('shoppers', close);
    await check('at rest', () => comesToRest(databaseUrl, REST_MS));
    round.restMs = Math.round(performance.now() - begun);
    await check('clients', () => expectAsTold(clients[0]!, log));
    await check('streams', () => readers!.findProblems(clients[0]!));
    ending = 'SIGTERM';
  } finally {
    log.onOrder = undefined;
    await readers?.close();
    if (round.violations.length > 0) await keepEvidence(servers);
    await Promise.all(servers.map((server) => server.close(ending)));
  }
  await check('sessions', () => expectNoSessions(databaseUrl));
  round.violations.push(...servers.flatMap(({ problems }) => problems));
  round.orders += log.orders.size;
  round.answers += log.answers;
  Object.assign(round, { streams: readers.orders, events: readers.events, resumed: readers.resumed });
  return round;
}

/** A client that asks one server first, and then the others. */
const clientFrom = (urls: readonly string[], first: number): Client =>
  tirelessClientOf([...urls.slice(first), ...urls.slice(0, first)], PATIENCE_MS, ANSWER_MS);

/** Strikes by the schedule while the invariants are looked at, and waits until all faults are over. */
async function strikeAll(target: Target, round: Round, signal: AbortSignal): Promise<void> {
  const { seed, seconds, servers, counts } = round.plan;
  const begun = performance.now();
  const lanes = new Map<string, Promise<void>>();
  const act = async (next: Strike) => {
    if (signal.aborted) return;
    await strike(target, next).then(
      () => {
        round.struck[next.fault] = (round.struck[next.fault] ?? 0) + 1;
      },
      (error: Error) => {
        if (error instanceof Unavailable) round.unavailable[next.fault] = error.message;
        else round.missed++;
      },
    );
  };
  const over = new AbortController();
  const looking = lookAgainAndAgain(target.databaseUrl, round, over.signal);
  try {
    for (const next of scheduleOf(seed, seconds, servers, counts)) {
      await delay(Math.max(0, next.at - (performance.now() - begun)), undefined, { signal });
      lanes.set(
        laneOf(next),
        (lanes.get(laneOf(next)) ?? Promise.resolve()).then(() => act(next)),
      );
    }
    await delay(Math.max(0, seconds * 1000 - (performance.now() - begun)), undefined, { signal });
  } finally {
    await Promise.all(lanes.values());
    over.abort();
    await looking;
  }
  signal.throwIfAborted();
}

/** Checks what must hold at every moment, from time to time. */
async function lookAgainAndAgain(databaseUrl: string, { violations }: Round, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await delay(CHECK_MS, undefined, { signal: over }).catch(() => {});
    // What keeps it from looking is a fault, too.
    const problems = await checkInvariants(databaseUrl).catch(() => []);
    violations.push(...problems.map((problem) => `meanwhile: ${problem}`));
  }
}
