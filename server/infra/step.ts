import { registerDataSource, registerTransaction } from '@dbos-inc/dbos-sdk/datasource';
import { currentDatabase, type Tx } from './database.ts';
import { PrismaDataSource } from './datasource.ts';
import type { Change } from './live/hub.ts';
import { live } from './live/live.ts';

const DATA_SOURCE = 'store';

registerDataSource(new PrismaDataSource(DATA_SOURCE, currentDatabase));

/**
 * Makes a durable step of a function that writes: one transaction, in one commit with its checkpoint when called
 * from a workflow, and repeated when the database fails it. What changed is announced once it is committed.
 * `name` is recorded by the engine, so it stays as it is for as long as workflows that used it live.
 */
export function step<Args extends unknown[], Result>(
  name: string,
  body: (tx: Tx, ...args: Args) => Promise<Result>,
  changes: (result: Result) => Iterable<Change>,
): (...args: Args) => Promise<Result> {
  const transaction = registerTransaction(DATA_SOURCE, (...args: Args) => body(PrismaDataSource.transaction, ...args), {
    name,
  });
  return async (...args) => {
    const result = await transaction(...args);
    live.announce(changes(result));
    return result;
  };
}
