import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../../server/infra/root.ts';
import type { Options } from './options.ts';
import type { Round } from './round.ts';

/** Where runs are kept, and evidence of what was violated. */
export const FOLDER = join(root, '.data/chaos');

/** A run as it is kept: all that was counted, round by round. */
export type Run = {
  seed: number;
  begun: string;
  commit: string;
  options: Pick<Options, 'seconds' | 'servers' | 'shoppers'>;
  rounds: (Round & { number: number })[];
};

/** Begins the record of a run. */
export function newRun(seed: number, { seconds, servers, shoppers }: Options): Run {
  return {
    seed,
    begun: new Date().toISOString(),
    commit: commit(),
    options: { seconds, servers, shoppers },
    rounds: [],
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Keeps a run as it is now; a run that is broken off has its finished rounds. */
export async function keepRun(run: Run): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, `${run.begun.slice(0, 19).replaceAll(':', '-')}-${run.seed}.json`);
  await writeFile(`${path}.part`, `${JSON.stringify(run, null, 1)}\n`);
  await rename(`${path}.part`, path);
}

/** Reads all runs that are kept, oldest first. */
export async function readRuns(): Promise<Run[]> {
  const names = (await readdir(FOLDER).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as Run));
}
