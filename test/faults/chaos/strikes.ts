import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from '../../support/eventually.ts';
import { freezeAt } from '../../support/freeze.ts';
import type { Cluster } from './cluster.ts';
import type { Fault, Strike } from './schedule.ts';
import { libfaketime, type Server } from './server.ts';

/** What faults strike. */
export type Target = Readonly<{ cluster: Cluster; databaseUrl: string; servers: readonly Server[] }>;

/** Most servers are killed at work, the others while they start, at some moment of what a start takes. */
const KILLED_AT_WORK = 0.8;
const START_MS = 1_000;
/** One that is killed at work has worked for up to this long, and most for less: in its first moments it takes up what it left. */
const LONGEST_LIFE_MS = 1_500;
/** More than PostgreSQL takes. */
const SESSIONS = 120;
const TOO_MANY_CONNECTIONS = '53300';
const PATIENCE_MS = 30_000;
const CLOCK_MINUTES = 10;

/** A fault that this machine does not provide for; the message says why. */
export class Unavailable extends Error {}

/** Strikes, and returns when the fault is over. Throws Unavailable, and whatever kept the fault from happening. */
export async function strike(target: Target, fault: Strike): Promise<void> {
  const server = target.servers[fault.server % target.servers.length]!;
  await ACTS[fault.fault](fault, server, server.links[fault.side], target);
}

type Act = (strike: Strike, server: Server, link: Server['links']['database'], target: Target) => Promise<void>;

const freeze: Act = async ({ lastsMs }, server) => {
  await server.ready();
  await server.freeze(lastsMs);
};

const ACTS: Record<Fault, Act> = {
  async kill({ choice }, server) {
    // One that ended by itself meanwhile, since PostgreSQL was away, was not killed: its next process is.
    do {
      if (choice < KILLED_AT_WORK) {
        await server.ready();
        await delay((choice / KILLED_AT_WORK) ** 2 * LONGEST_LIFE_MS);
      } else {
        await server.running();
        await delay(((choice - KILLED_AT_WORK) / (1 - KILLED_AT_WORK)) * START_MS);
      }
    } while (!(await server.kill()));
  },
  freeze,
  longFreeze: freeze,
  async clock({ choice }, server) {
    if (!libfaketime) throw new Unavailable('libfaketime is not installed');
    await server.ready();
    await server.setClock(choice < 0.5 ? -CLOCK_MINUTES : CLOCK_MINUTES);
  },
  restart: ({ lastsMs }, _server, _link, { cluster }) => cluster.restart(lastsMs),
  async diskFull({ lastsMs }, _server, _link, { cluster }) {
    if (!cluster.ownDisk) throw new Unavailable('there is no small disk to fill');
    await cluster.fillDisk(lastsMs);
  },
  terminate: ({ choice }, _server, _link, { databaseUrl }) =>
    withSession(databaseUrl, async (session) => {
      await session.query(
        `SELECT pg_terminate_backend(pid) FROM (
           SELECT pid FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
           ORDER BY state = 'idle', md5(pid::text || $1) LIMIT $2) AS victims`,
        [String(choice), 1 + Math.floor(choice * 5)],
      );
    }),
  async terminateAtCommit(_strike, _server, _link, { databaseUrl }) {
    const point = { at: 'commit', event: 'INSERT', table: 'order_events' } as const;
    const freeze = await eventually('there is a point', () => freezeAt(databaseUrl, point), PATIENCE_MS);
    await freeze.reached().catch(() => {});
    await freeze.terminate();
  },
  async exhaust({ lastsMs }, _server, _link, { databaseUrl }) {
    const sessions = Array.from({ length: SESSIONS }, () => sessionOn(databaseUrl));
    // Those that are refused are as good: there were no more.
    const opened = await Promise.allSettled(sessions.map((session) => session.connect()));
    const refused = opened.some((one) => one.status === 'rejected' && one.reason.code === TOO_MANY_CONNECTIONS);
    if (refused) await delay(lastsMs);
    await Promise.all(sessions.map((session) => session.end().catch(() => {})));
    if (!refused) throw new Error('PostgreSQL had connections left, or was away.');
  },
  lock: ({ lastsMs, choice }, _server, _link, { databaseUrl }) =>
    withSession(databaseUrl, async (session) => {
      await session.query('BEGIN');
      await session.query('SELECT FROM products WHERE id = $1 FOR UPDATE', [1 + Math.floor(choice * 4)]);
      await session.query(`SELECT FROM orders WHERE status IN ('PENDING', 'PAID') LIMIT 3 FOR UPDATE SKIP LOCKED`);
      await delay(lastsMs);
      await session.query('ROLLBACK');
    }),
  loseCommit: async (_strike, server) => server.links.database.loseNextCommit(),
  cutAnswer: async (_strike, _server, link) => link.cutNextAnswer(),
  reset: async (_strike, _server, link) => link.reset(),
  async delay({ lastsMs, choice }, _server, link) {
    link.delay(10 + choice * 200);
    await delay(lastsMs);
    link.heal();
  },
  async blackHole({ lastsMs, choice }, _server, link) {
    link.blackHole();
    await delay(lastsMs);
    // The network comes back, or the connections turn out to be dead, or nobody ever hears of them again.
    if (choice < 1 / 3) link.reset();
    else if (choice < 2 / 3) link.lose();
    link.heal();
  },
};

function sessionOn(databaseUrl: string): pg.Client {
  const session = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  // It may be ended by another fault.
  session.on('error', () => {});
  return session;
}

async function withSession(databaseUrl: string, work: (session: pg.Client) => Promise<void>): Promise<void> {
  const open = async () => {
    const session = sessionOn(databaseUrl);
    await session.connect();
    return session;
  };
  // PostgreSQL may be away, or have no connection left.
  const session = await eventually('there is a session', open, PATIENCE_MS);
  try {
    await work(session);
  } finally {
    await session.end().catch(() => {});
  }
}
