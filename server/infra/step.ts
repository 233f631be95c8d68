import { registerDataSource, registerTransaction } from '@dbos-inc/dbos-sdk/datasource';
import { currentDatabase, type Tx } from './database.ts';
import { PrismaDataSource } from './datasource.ts';
import { groupCommit } from './fast/current.ts';
import type { Change } from './live/hub.ts';
import { live } from './live/live.ts';

const DATA_SOURCE = 'store';

registerDataSource(new PrismaDataSource(DATA_SOURCE, currentDatabase));

export type StepOptions<Item, Result> = Readonly<{
  /** What is to be announced once it is committed. */
  changes: (item: Item, result: Result) => Iterable<Change>;
}>;

/**
 * Makes a durable step of a function that writes, for many items at once: one transaction, in one commit with its
 * checkpoints, and repeated when the database fails it. With group commit, steps of many workflows that are ready
 * together run as one; without it, each is a batch of one. `name` is recorded by the engine, so it stays as it is
 * for as long as workflows that used it live.
 */
export function step<Item, Result>(
  name: string,
  body: (tx: Tx, items: Item[]) => Promise<Result[]>,
  { changes }: StepOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  const alone = transaction(name, async (tx, item: Item) => (await body(tx, [item]))[0]!);
  return async (item) => {
    const group = groupCommit();
    const result = await (group ? group.durable(name, body, item) : alone(item));
    live.announce(changes(item, result));
    return result;
  };
}

/** Makes a transaction of a function: repeated when the database fails it, and recorded when a workflow calls it. */
export function transaction<Item, Result>(
  name: string,
  body: (tx: Tx, item: Item) => Promise<Result>,
): (item: Item) => Promise<Result> {
  return registerTransaction(DATA_SOURCE, (item: Item) => body(PrismaDataSource.transaction, item), { name });
}
