import { readFile } from 'node:fs/promises';
import { comesToRest } from '../faults/rest.ts';
import { serverProcess } from '../support/server-process.ts';
import { fuzz, type Report } from './fuzz.ts';

const TOKEN = 'the-token-of-operators-who-are-fuzzed-1234567890';
/** What the last tenths may have more than the first: code that is compiled only then, and what the heap's generations happen to hold. */
const SLACK_MB = 150;
/** In a heap of this size, what is kept of each request ends the process. */
const HEAP_MB = 400;

export type RunOptions = Readonly<{
  databaseUrl: string;
  seed: number;
  requests: number;
  progress?: (done: number) => void;
}>;

/** What came of a run; `memoryMb`: the server's resident memory after each tenth, where the system tells. */
export type Run = Report & { memoryMb: number[]; log: string };

/**
 * Runs a server in production on a database of its own, sends requests to it, and looks at what is left: all that is not as
 * it should be stands in `problems`.
 */
export async function runFuzz({ databaseUrl, seed, requests, progress = () => {} }: RunOptions): Promise<Run> {
  const server = await serverProcess(databaseUrl, {
    NODE_ENV: 'production',
    OPERATOR_TOKEN: TOKEN,
    TRUST_PROXY: '1',
    PAYMENT_WINDOW_SECONDS: '2',
    DISPATCH_STEPS: '3',
    DISPATCH_STEP_MS: '10',
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
  });
  await server.start();
  const { pid } = server;
  const memory: Promise<number>[] = [];
  const report = await fuzz({
    url: server.url,
    token: TOKEN,
    seed,
    requests,
    atOnce: 16,
    progress(done) {
      if (done % Math.ceil(requests / 10) === 0) memory.push(memoryOf(pid));
      progress(done);
    },
  });
  const { problems } = report;
  if (server.pid !== pid || !server.running) problems.push('the server ended');
  else if (!(await fetch(`${server.url}/readyz`)).ok) problems.push('the server is not ready any more');
  await comesToRest(databaseUrl).catch((error: Error) => problems.push(error.message));
  await server.kill('SIGTERM');
  for (const line of server.log.split('\n'))
    if (/"level":[456]0/.test(line) && !/Shutting down while/.test(line))
      problems.push(`in the log: ${line.slice(0, 500)}`);
  const memoryMb = (await Promise.all(memory)).filter((megabytes) => megabytes > 0);
  const [first = 0] = memoryMb;
  if (Math.min(...memoryMb.slice(-3)) > first + SLACK_MB)
    problems.push(`the memory of the server grew: ${memoryMb.join(', ')} MB`);
  return { ...report, memoryMb, log: server.log };
}

/** Reads the resident memory of a process in megabytes; 0 where the system has no `/proc`. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
