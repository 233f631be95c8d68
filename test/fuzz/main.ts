import { parseArgs } from 'node:util';
import { buildWhatChanged } from '../../scripts/build.ts';
import { createScratchDatabase, openScratchServer } from '../../scripts/scratch.ts';
import { seedCatalogue } from '../../server/catalog/seed.ts';
import { migrate } from '../../server/infra/migrate.ts';
import { runFuzz } from './run.ts';

const USAGE = `npm run fuzz -- [--requests 100000] [--seed N]

Sends requests that nobody should send to a server of its own, and looks at each answer and at what is left. A seed repeats a run,
as far as the order in which answers come allows.`;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    help: { type: 'boolean', default: false },
  },
});

const isTerminal = process.stdout.isTTY;

/** On a terminal one line that changes; elsewhere a line for each tenth. */
function show(done: number, of: number, begun: number): void {
  const seconds = (performance.now() - begun) / 1_000;
  const text = `${done.toLocaleString('en')} of ${of.toLocaleString('en')} requests, ${Math.round(done / seconds)}/s, ${Math.ceil(((of - done) * seconds) / done)} s left`;
  if (isTerminal && (done % 50 === 0 || done === of)) process.stdout.write(`\r\x1b[K${text}`);
  else if (!isTerminal && done % Math.ceil(of / 10) === 0) console.log(text);
  if (isTerminal && done === of) process.stdout.write('\n');
}

function tableOf(counts: Record<string, number>): string {
  return Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `  ${count.toLocaleString('en').padStart(9)}  ${name}`)
    .join('\n');
}

async function main(requests: number, seed: number): Promise<number> {
  console.log(`npm run fuzz -- --requests ${requests} --seed ${seed} repeats this`);
  await buildWhatChanged(console.log);
  const server = await openScratchServer();
  const database = await createScratchDatabase(server.url, 'fuzz');
  try {
    await migrate(database.url);
    await seedCatalogue(database.url);
    const begun = performance.now();
    const progress = (done: number) => show(done, requests, begun);
    const { sent, answers, problems, memoryMb } = await runFuzz({
      databaseUrl: database.url,
      seed,
      requests,
      progress,
    });
    console.log(`\nSent:\n${tableOf(sent)}\n\nAnswered, by status and code:\n${tableOf(answers)}`);
    console.log(`\nMemory of the server after each tenth: ${memoryMb.join(', ')} MB`);
    console.log(
      problems.length === 0 ? '\nNothing is wrong.' : `\n${problems.length} PROBLEMS:\n${problems.join('\n')}`,
    );
    return problems.length === 0 ? 0 : 1;
  } finally {
    await database.drop();
    await server.stop();
  }
}

const [requests, seed] = [Number(values.requests), Number(values.seed)];
if (values.help) console.log(USAGE);
else if (!Number.isInteger(requests) || requests < 10 || !Number.isInteger(seed)) {
  console.error(USAGE);
  process.exit(2);
} else process.exit(await main(requests, seed));
