import { log } from '../log.ts';
import { setGroupCommit } from './current.ts';
import { GroupCommit } from './group.ts';
import { differencesFromEngine } from './verify.ts';

/**
 * Starts group commit, if the engine's rows are as it writes them; otherwise says so, and every step is a transaction
 * of its own. The engine must run.
 */
export async function startGroupCommit(databaseUrl: string, connections: number): Promise<GroupCommit | undefined> {
  const group = new GroupCommit(databaseUrl, connections);
  const differences = await differencesFromEngine(group).catch((error: Error) => [error.message]);
  if (differences.length === 0) {
    setGroupCommit(group);
    return group;
  }
  log.warn({ differences }, 'group commit is off: this version of the engine is not as it expects');
  group.giveBackFinish();
  await group.close();
  return undefined;
}
