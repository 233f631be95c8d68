import { log } from '../log.ts';
import { persistently } from '../persistently.ts';
import { setGroupCommit } from './current.ts';
import { GroupCommit } from './group.ts';
import { differencesFromEngine } from './verify.ts';

/**
 * Starts group commit, if the engine's rows are as it writes them; otherwise says so, and every step is a transaction
 * of its own. The engine must run.
 */
export async function startGroupCommit(
  databaseUrl: string,
  connections: number,
  leaseMs: number,
): Promise<GroupCommit | undefined> {
  const group = new GroupCommit(databaseUrl, connections, leaseMs);
  const differences = await lastingDifferences(group);
  if (differences.length === 0) {
    setGroupCommit(group);
    return group;
  }
  log.warn({ differences }, 'group commit is off: this version of the engine is not as it expects');
  group.giveBackFinish();
  await group.close();
  return undefined;
}

/** A peer that takes the comparison's workflow up while the database is slow makes a difference: not each time. */
const COMPARISONS = 3;

async function lastingDifferences(group: GroupCommit): Promise<string[]> {
  for (let left = COMPARISONS - 1; ; left--) {
    const differences = await persistently('the comparison with the engine', () => differencesFromEngine(group)).catch(
      (error: Error) => [error.message],
    );
    if (differences.length === 0 || left === 0) return differences;
  }
}
