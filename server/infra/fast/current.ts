import { currentDatabase, type Tx } from '../database.ts';
import type { GroupCommit } from './group.ts';

let current: GroupCommit | undefined;

/** Names the group commit of this process; undefined: every step is a transaction of its own. */
export function setGroupCommit(group: GroupCommit | undefined): void {
  current = group;
}

/** The group commit of this process, if it has one. */
export function groupCommit(): GroupCommit | undefined {
  return current;
}

/** Where single statements are read that are prepared once and sent often: each on its own, outside of transactions. */
export function reader(): Tx {
  return current?.pool.autocommit ?? currentDatabase();
}
