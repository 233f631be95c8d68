import { NotRunningError, type Tx } from '../database.ts';
import type { GroupCommit } from './group.ts';

let current: GroupCommit | undefined;

const waiting: ((group: GroupCommit) => void)[] = [];

/** Names the group commit of this process; undefined: it has ended. */
export function setGroupCommit(group: GroupCommit | undefined): void {
  current = group;
  if (group) for (const go of waiting.splice(0)) go(group);
}

/**
 * The group commit of this process, once it runs: the engine hands out work before it is known that its rows are as expected.
 * Never where it has ended: its workflows are another process's by then.
 */
export function startedGroupCommit(): GroupCommit | Promise<GroupCommit> {
  return current ?? new Promise((resolve) => waiting.push(resolve));
}

/** The group commit of this process; undefined once it has ended. */
export function runningGroupCommit(): GroupCommit | undefined {
  return current;
}

/** The group commit of this process. Throws NotRunningError where there is none. */
export function groupCommit(): GroupCommit {
  if (!current) throw new NotRunningError();
  return current;
}

/** Where single statements are read that are prepared once and sent often: each on its own, outside of transactions. */
export function reader(): Tx {
  return groupCommit().pool.autocommit;
}
