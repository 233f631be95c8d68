import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../server/infra/root.ts';
import { against } from './against.ts';
import { cost } from './cost.ts';
import { full } from './full.ts';
import { idle } from './idle.ts';
import { latency } from './latency.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import { overload } from './overload.ts';
import { reads } from './reads.ts';
import { scale } from './scale.ts';
import { startAndCrash } from './start.ts';
import { streams } from './streams.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { describeMachine, load as loadAverage } from './support/machine.ts';
import { type Options, readOptions, USAGE } from './support/options.ts';
import type { Bench, Part } from './support/part.ts';
import { start } from './support/processes.ts';
import { figure, type Row, tableOf } from './support/report.ts';
import { buildPrograms } from './support/shop.ts';

const PARTS: Part[] = [load, latency, cost, overload, reads, full, scale, idle, streams, startAndCrash, memory];
const RESULTS = '.data/bench';

const begun = performance.now();
const say = (text: string) => console.log(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${text}`);

async function main(options: Options): Promise<void> {
  const parts = options.against
    ? [against]
    : PARTS.filter(({ name }) => options.only.some((text) => name.startsWith(text)));
  if (parts.length === 0)
    throw new Error(`No part is called like that; there are ${PARTS.map(({ name }) => name).join(', ')}.`);
  say('building');
  await buildPrograms();
  const cluster = await startCluster(say);
  try {
    await measureAll(cluster, options, parts);
  } finally {
    await cluster.stop();
  }
}

async function measureAll(cluster: Cluster, options: Options, parts: readonly Part[]): Promise<void> {
  const machine = describeMachine(cluster.folder);
  say(`machine: ${listed(machine)}`);
  say(`PostgreSQL: ${listed(cluster.settings)}`);
  const shoppers = start(fileURLToPath(new URL('clients/shoppers.ts', import.meta.url)));
  const rows: Row[] = [];
  const kept: Record<string, unknown> = {};
  const failures: string[] = [];
  for (const { name, run } of parts) {
    const bench: Bench = {
      cluster,
      options,
      shoppers,
      progress: (text) => say(`${name}: ${text}`),
      keep: (key, value) => {
        kept[key] = value;
      },
    };
    // What one part could not measure does not take the others' figures away.
    await run(bench)
      .then((found) => rows.push(...found))
      .catch((error: Error) => {
        failures.push(`${name}: ${error.message}`);
        say(`${name} failed: ${error.stack}`);
      });
  }
  await shoppers.end();
  const loadAfter = loadAverage();
  const table = tableOf(rows);
  const name = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const path = join(root, RESULTS, name);
  await mkdir(dirname(path), { recursive: true });
  const result = { at: name, options, machine, loadAfter, settings: cluster.settings, failures, rows, kept };
  await writeFile(`${path}.json`, `${JSON.stringify(result, null, 2)}\n`);
  const notes = [
    ...failures.map((failure) => `NOT MEASURED: ${failure}`),
    `Machine: ${listed({ ...machine, load: `${machine.load} before, ${loadAfter} after` })}`,
    `PostgreSQL: ${listed(cluster.settings)}`,
    `Medians of ${options.rounds} rounds of ${options.seconds} s (least–most)${options.quick ? '; quick, so no figure counts' : ''}.`,
  ].join('\n');
  await writeFile(`${path}.md`, `${table}\n\n${notes}\n`);
  console.log(`\n${table}\n\n${notes}\nWritten to ${RESULTS}/${name}.json and .md.`);
  if (failures.length > 0) process.exitCode = 1;
}

function listed(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? figure(value) : value}`)
    .join(', ');
}

// Ending by a signal runs the clean-up of an exit.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
