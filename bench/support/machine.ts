import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../../server/infra/root.ts';
import { percentile } from './stats.ts';

const SYNCS = 200;

/** Describes where the figures come from, since they mean little elsewhere. */
export function describeMachine(folder: string) {
  const [cpu] = cpus();
  return {
    processor: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    commit: commit(),
    syncMs: syncMs(folder),
    load: load(),
  };
}

/** The load averages of the last 1, 5 and 15 minutes. */
export const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');

/** The median time to write 8 kB and bring them to the disk, as PostgreSQL does at a commit. */
function syncMs(folder: string): number {
  const path = join(folder, 'sync-test');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(8192, 1);
  const times: number[] = [];
  try {
    for (let i = 0; i < SYNCS; i++) {
      const begun = performance.now();
      writeSync(file, page, 0, page.length, 0);
      fdatasyncSync(file);
      times.push(performance.now() - begun);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return percentile(times, 0.5);
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') ? ', with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
