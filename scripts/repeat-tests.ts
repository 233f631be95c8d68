import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../server/infra/root.ts';

const USAGE = `npm run test:repeat -- [--runs 20] [--busy 2] [--disk 1] [-- <what vitest takes>]

Runs the tests again and again beside processes that keep the processor busy, and one that keeps the disk busy, and tells which
test failed how often. Ends with 1 if any did.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '20' },
    busy: { type: 'string', default: '2' },
    disk: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

/** What vitest's reporter `json` writes, as far as it is read here. */
type Results = {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
};

const keepBusy = (what: 'processor' | 'disk'): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', join(root, 'scripts/busy.ts'), what], { stdio: 'ignore' });

/** What a test said when it failed last. */
const why = new Map<string, string>();

/** Runs the tests once, and names those that failed. */
async function runOnce(folder: string): Promise<{ failed: string[]; seconds: number }> {
  const output = join(folder, 'results.json');
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', `--outputFile=${output}`, ...positionals],
    { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let errors = '';
  child.stderr.on('data', (data) => {
    errors = (errors + data).slice(-5_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = Math.round((performance.now() - begun) / 1_000);
  const results = await readFile(output, 'utf8').then(
    (text) => JSON.parse(text) as Results,
    () => undefined,
  );
  if (!results) return { failed: [`the run itself, with ${code}: ${errors.trim()}`], seconds };
  const failed = results.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = name.slice(root.length + 1);
    const tests = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => {
        why.set(`${file}: ${test.fullName}`, test.failureMessages.join('\n').slice(0, 1_000));
        return `${file}: ${test.fullName}`;
      });
    return tests.length > 0 || status !== 'failed' ? tests : [`${file}: ${message.split('\n', 1)[0]}`];
  });
  return {
    failed: failed.length > 0 || code === 0 ? failed : [`the run ended with ${code}: ${errors.trim()}`],
    seconds,
  };
}

async function main(runs: number, busy: number, disk: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'repeat-tests-'));
  const beside = [
    ...Array.from({ length: busy }, () => keepBusy('processor')),
    ...Array.from({ length: disk }, () => keepBusy('disk')),
  ];
  const failures = new Map<string, number>();
  const times: number[] = [];
  try {
    for (let run = 1; run <= runs; run++) {
      const { failed, seconds } = await runOnce(folder);
      times.push(seconds);
      for (const name of failed) failures.set(name, (failures.get(name) ?? 0) + 1);
      console.log(
        `run ${run} of ${runs}: ${seconds} s, ${failed.length === 0 ? 'all passed' : `${failed.length} FAILED`}`,
      );
      for (const name of failed) console.log(`  ${name}\n${why.get(name) ?? ''}`);
    }
  } finally {
    for (const child of beside) child.kill();
    await rm(folder, { recursive: true, force: true });
  }
  const sorted = times.toSorted((one, other) => one - other);
  console.log(
    `\n${runs} runs beside ${busy} busy processors and ${disk} busy disks: ${sorted[0]} to ${sorted.at(-1)} s`,
  );
  for (const [name, count] of [...failures].toSorted(([, one], [, other]) => other - one))
    console.log(`${String(count).padStart(4)} of ${runs}  ${name}`);
  if (failures.size === 0) console.log('No test failed.');
  return failures.size === 0 ? 0 : 1;
}

const counts = [values.runs, values.busy, values.disk].map(Number) as [number, number, number];
if (values.help) console.log(USAGE);
else if (counts.some((count) => !Number.isInteger(count) || count < 0)) {
  console.error(USAGE);
  process.exit(2);
} else process.exit(await main(...counts));
