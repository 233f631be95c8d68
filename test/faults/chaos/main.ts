import { setMaxListeners } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWhatChanged } from '../../../scripts/build.ts';
import { Log } from '../shoppers.ts';
import { Cluster } from './cluster.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { areRounds, planOf } from './plans.ts';
import { reportOf } from './report.ts';
import { type Round, runRound, type Shop } from './round.ts';
import { FOLDER, keepRun, newRun, type Run, readRuns } from './runs.ts';
import type { Server } from './server.ts';

const BROKEN_OFF = 130;
const begun = performance.now();
const say = (text: string) => console.log(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${text}`);
const brokenOff = new AbortController();
// Every stream that is read listens for it.
setMaxListeners(0, brokenOff.signal);

async function main(options: Options): Promise<number> {
  if (!areRounds(options.only)) throw new Error(`There are no rounds of the name ${options.only}.`);
  const run = options.resume ? (await readRuns()).at(-1) : undefined;
  if (options.resume && !run) throw new Error(`There is no run in ${FOLDER} to go on with.`);
  const current = run ?? newRun(options.seed ?? Math.floor(Math.random() * 2 ** 32), options);
  say(`npm run chaos -- ${repeating(current, options)} repeats this`);
  await buildWhatChanged(say);
  const cluster = await Cluster.open();
  let violated = false;
  try {
    violated = await runAll(current, options, cluster);
  } finally {
    await cluster.close(violated);
  }
  if (violated)
    console.log(
      `VIOLATED: npm run chaos -- ${repeating(current, options)} repeats it. Data: ${cluster.folder}. Logs: ${FOLDER}`,
    );
  console.log(`\n${reportOf([current])}`);
  return violated ? 1 : brokenOff.signal.aborted ? BROKEN_OFF : 0;
}

/** What the command is given to have the same again. */
function repeating({ seed, options }: Run, { only }: Options): string {
  const { seconds, servers, shoppers } = options;
  const same = `--seed ${seed} --seconds ${seconds} --servers ${servers} --shoppers ${shoppers}`;
  return only ? `${same} --only ${only}` : same;
}

/** Runs rounds until the time is over. Returns whether anything was violated. */
async function runAll(run: Run, options: Options, cluster: Cluster): Promise<boolean> {
  const end = performance.now() + options.minutes * 60_000;
  let shop: Shop | undefined;
  for (let number = options.round ?? (run.rounds.at(-1)?.number ?? 0) + 1; performance.now() < end; number++) {
    const plan = planOf(run.seed, number, run.options);
    if (options.round === undefined && !plan.name.startsWith(options.only)) continue;
    const disk = plan.ownDisk ? await Cluster.open({ ownDisk: true }).catch((error: Error) => error) : undefined;
    if (disk instanceof Error) say(`SKIPPED: a disk that can be filled needs root and mount: ${disk.message}`);
    const where = disk instanceof Cluster ? disk : cluster;
    if (plan.newDatabase || !shop) shop = await openShop(where, `chaos_${number}`);
    say(`round ${number}, ${plan.name}: ${plan.servers} servers`);
    try {
      const keepEvidence = (servers: readonly Server[]) =>
        keepLogs(join(FOLDER, `evidence-${run.seed}-${number}`), servers);
      const round = await runRound(plan, where, shop, { signal: brokenOff.signal, say, keepEvidence });
      if (disk instanceof Error) round.unavailable.diskFull = `no disk could be mounted: ${disk.message.trim()}`;
      run.rounds.push({ ...round, number });
      await keepRun(run);
      tell(round);
    } catch (error) {
      if (brokenOff.signal.aborted) break;
      throw error;
    } finally {
      if (disk instanceof Cluster) {
        await disk.close();
        shop = undefined;
      }
    }
    // What was violated once would be found again in the same database.
    if (run.rounds.at(-1)!.violations.length > 0) shop = undefined;
    if (options.round !== undefined) break;
  }
  return run.rounds.some(({ violations }) => violations.length > 0);
}

const openShop = async (cluster: Cluster, name: string): Promise<Shop> => ({
  databaseUrl: await cluster.createDatabase(name),
  log: new Log(),
});

async function keepLogs(folder: string, servers: readonly Server[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [i, server] of servers.entries()) await writeFile(join(folder, `server-${i}.log`), server.log);
}

function tell({ orders, struck, missed, streams, restMs, violations }: Round): void {
  const faults = Object.entries(struck).map(([fault, count]) => `${count} ${fault}`);
  say(`  ${orders} orders, ${streams} streams; ${faults.join(', ')}; ${missed} missed; at rest after ${restMs} ms`);
  for (const problem of violations) say(`  VIOLATED: ${problem}`);
}

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(USAGE);
else if (options.report) console.log(reportOf(await readRuns()));
else {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => brokenOff.abort());
  process.exit(await main(options));
}
