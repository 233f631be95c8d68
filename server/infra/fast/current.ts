import type { Tx } from '../database.ts';
import type { GroupCommit } from './group.ts';

let current: GroupCommit | undefined;

/** Names the group commit of this process; undefined: it has ended. */
export function setGroupCommit(group: GroupCommit | undefined): void {
  current = group;
}

/** The group commit of this process; undefined once it has ended. */
export function runningGroupCommit(): GroupCommit | undefined {
  return current;
}

/** The group commit of this process. Throws where it does not run. */
export function groupCommit(): GroupCommit {
  if (!current) throw new Error('Group commit does not run.');
  return current;
}

/** Where single statements are read that are prepared once and sent often: each on its own, outside of transactions. */
export function reader(): Tx {
  return groupCommit().pool.autocommit;
}
