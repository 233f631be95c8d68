import { persistently } from '../persistently.ts';
import { setGroupCommit } from './current.ts';
import { GroupCommit } from './group.ts';
import { differencesFromEngine } from './verify.ts';

/** The engine writes other rows than group commit does: this build does not fit its SDK, or the database's schema of it. */
export class EngineDiffersError extends Error {}

/**
 * Starts group commit, by which all steps are written, once its rows are found to be the engine's own. The engine must
 * run. Throws EngineDiffersError, which says what differs, when they are not.
 */
export async function startGroupCommit(
  databaseUrl: string,
  connections: number,
  leaseMs: number,
): Promise<GroupCommit> {
  const group = new GroupCommit(databaseUrl, connections, leaseMs);
  const differences = await lastingDifferences(group);
  if (differences.length > 0) {
    group.giveBackFinish();
    await group.close();
    throw new EngineDiffersError(`The durable engine is not as this build expects it:\n${differences.join('\n')}`);
  }
  setGroupCommit(group);
  return group;
}

/** A peer that takes the comparison's workflow up while the database is slow makes a difference: not each time. */
const COMPARISONS = 3;

async function lastingDifferences(group: GroupCommit): Promise<string[]> {
  for (let left = COMPARISONS - 1; ; left--) {
    const differences = await persistently('the comparison with the engine', () => differencesFromEngine(group));
    if (differences.length === 0 || left === 0) return differences;
  }
}
