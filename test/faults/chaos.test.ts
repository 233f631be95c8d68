import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectLog } from '../support/log.ts';
import { Cluster } from './chaos/cluster.ts';
import { runRound } from './chaos/round.ts';
import { Log } from './shoppers.ts';

expectLog(/^The database cannot be reached/);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.open();
});
afterAll(() => cluster?.close());

const counts = {
  kill: 20,
  restart: 3,
  freeze: 1,
  terminate: 6,
  terminateAtCommit: 3,
  loseCommit: 6,
  cutAnswer: 6,
  reset: 4,
  delay: 3,
  blackHole: 2,
  lock: 2,
  exhaust: 1,
};

/** Set FAULT_SEED to another number for another schedule. */
const SEED = Number(process.env.FAULT_SEED ?? 20);

test('nobody notices 20 kills, 3 restarts of PostgreSQL and the rest', { timeout: 300_000 }, async () => {
  console.log(`The seed is ${SEED}.`);
  const databaseUrl = await cluster.createDatabase('chaos');
  const plan = { name: `round-${SEED}`, seed: SEED, seconds: 22, servers: 2, shoppers: 8, counts };
  const round = await runRound(plan, cluster, { databaseUrl, log: new Log() });
  console.log(JSON.stringify({ ...round, plan: undefined }));
  expect(round.violations).toEqual([]);
  expect(round.struck).toMatchObject({ kill: counts.kill, restart: counts.restart, freeze: counts.freeze });
});
