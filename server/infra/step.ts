import type { Tx } from './database.ts';
import { startedGroupCommit } from './fast/current.ts';
import type { GroupBody } from './fast/group.ts';
import type { Change } from './live/hub.ts';
import { live } from './live/live.ts';

export type StepOptions<Item, Result> = Readonly<{
  /** What is to be announced once it is committed. */
  changes?: (item: Item, result: Result) => Iterable<Change>;
}>;

/**
 * Makes a durable step of a function that writes, for many items at once: steps of many workflows that are ready together
 * are one transaction, in one commit with their checkpoints, which is repeated when the database fails it. `name` is
 * recorded by the engine, so it stays as it is for as long as workflows that used it live.
 */
export function step<Item, Result>(
  name: string,
  body: GroupBody<Item, Result>,
  { changes }: StepOptions<Item, Result> = {},
): (item: Item) => Promise<Result> {
  return async (item) => {
    const group = startedGroupCommit();
    const result = await (group instanceof Promise ? await group : group).durable(name, body, item);
    if (changes) live.announce(changes(item, result));
    return result;
  };
}

/** Makes a function for many items, which are done one after the other in one transaction, of one for a single item. */
export function oneByOne<Item, Result>(body: (tx: Tx, item: Item) => Promise<Result>): GroupBody<Item, Result> {
  return async (tx, items) => {
    const results: Result[] = [];
    for (const item of items) results.push(await body(tx, item));
    return results;
  };
}
