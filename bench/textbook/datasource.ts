import { AsyncLocalStorage } from 'node:async_hooks';
import { DBOS } from '@dbos-inc/dbos-sdk';
import {
  assertStillOwnsWorkflow,
  type DataSourceTransactionHandler,
  DBOSStepAlreadyRecordedError,
  DBOSWorkflowConflictError,
  migrateDataSourcePG,
  replayRecordedStep,
} from '@dbos-inc/dbos-sdk/datasource';
import { SuperJSON } from 'superjson';
import type { Prisma } from '../../server/generated/prisma/client.ts';
import { type Database, query, type Tx } from '../../server/infra/database.ts';
import { persistently } from '../../server/infra/persistently.ts';

/** Settings of one transaction function. */
export type TransactionConfig = { name?: string; isolationLevel?: Prisma.TransactionIsolationLevel };

type Recorded = { output: string | null; error: string | null };
type Outcome<Result> = { recorded: Recorded } | { result: Result };

/**
 * Runs the steps of workflows as Prisma transactions, each in one commit with its checkpoint, and fenced by the
 * engine's ownership of the workflow. `@dbos-inc/prisma-datasource` 5.1.10 does not launch with SDK 5.3, and
 * does not recognize the retriable errors of Prisma 7; once a release does both, it should replace this file.
 */
export class PrismaDataSource implements DataSourceTransactionHandler {
  static readonly #transaction = new AsyncLocalStorage<Tx>();
  readonly name: string;
  readonly #database: () => Database;

  /** `database`: called for each transaction, since registration comes before the connections are opened. */
  constructor(name: string, database: () => Database) {
    this.name = name;
    this.#database = database;
  }

  /** Tells the transaction that the calling step runs in. Throws outside of one. */
  static get transaction(): Tx {
    const tx = PrismaDataSource.#transaction.getStore();
    if (!tx) throw new Error('There is no transaction here: call this from a step.');
    return tx;
  }

  async initialize(): Promise<void> {
    await this.#database().$transaction((tx) =>
      migrateDataSourcePG(async (sql) => {
        if (/^\s*select/i.test(sql)) return query<Record<string, unknown>>(tx, sql);
        await tx.$executeRawUnsafe(sql);
        return [];
      }),
    );
  }

  async destroy(): Promise<void> {}

  async deleteCheckpoints(workflowID: string, startStep: number, beforeCommit?: () => Promise<void>): Promise<void> {
    await this.#database().$transaction(async (tx) => {
      await tx.$executeRaw`
        DELETE FROM dbos.transaction_completion WHERE workflow_id = ${workflowID} AND function_num >= ${startStep}`;
      await beforeCommit?.();
    });
  }

  /**
   * Runs `func` in a transaction, and again after a serialization failure, a deadlock or a lost connection, for as
   * long as it takes. Inside a workflow its outcome is recorded, so that it takes effect once: the result in the
   * same commit, an error on its own after the rollback. Throws DBOSWorkflowConflictError, with nothing done, when
   * another execution owns the workflow by now.
   */
  async invokeTransactionFunction<This, Args extends unknown[], Return>(
    config: TransactionConfig,
    target: This,
    func: (this: This, ...args: Args) => Promise<Return>,
    ...args: Args
  ): Promise<Return> {
    const { workflowID, stepID = 0 } = DBOS;
    const name = config.name ?? 'transaction';
    const run = (tx: Tx) => PrismaDataSource.#transaction.run(tx, () => func.call(target, ...args));
    const options = config.isolationLevel && { isolationLevel: config.isolationLevel };
    if (!workflowID) return persistently(name, () => this.#database().$transaction(run, options));

    // Looked up at each attempt: a COMMIT whose answer was lost may have gone through, or still do so.
    const once = async <Result>(inTransaction: (tx: Tx) => Promise<Result>): Promise<Outcome<Result>> => {
      const attempt = async () => {
        const recorded = await this.#recorded(workflowID, stepID);
        return recorded ? { recorded } : { result: await this.#database().$transaction(inTransaction, options) };
      };
      for (;;)
        try {
          return await persistently(name, attempt);
        } catch (error) {
          // Another execution recorded the step first: the next attempt finds its outcome.
          if (!(error instanceof DBOSStepAlreadyRecordedError)) throw error;
        }
    };
    let outcome: Outcome<Return>;
    try {
      outcome = await once(async (tx) => {
        const result = await run(tx);
        await record(tx, workflowID, stepID, { output: SuperJSON.stringify(result), error: null });
        return result;
      });
    } catch (error) {
      if (error instanceof DBOSWorkflowConflictError) throw error;
      const failure = { output: null, error: SuperJSON.stringify(error) };
      const recording = await once((tx) => record(tx, workflowID, stepID, failure));
      // An attempt that was given up for lost may have done it after all, and be the reason of this failure.
      if (!('recorded' in recording)) throw error;
      outcome = recording;
    }
    return 'recorded' in outcome ? replayRecordedStep<Return>(outcome.recorded) : outcome.result;
  }

  async #recorded(workflowID: string, stepID: number): Promise<Recorded | undefined> {
    const [row] = await this.#database().$queryRaw<Recorded[]>`
      SELECT output, error FROM dbos.transaction_completion
      WHERE workflow_id = ${workflowID} AND function_num = ${stepID}`;
    return row;
  }
}

/** Records what came of a step, if nothing is recorded yet and the workflow is still this execution's. */
async function record(tx: Tx, workflowID: string, stepID: number, { output, error }: Recorded): Promise<void> {
  const inserted = await tx.$executeRaw`
    INSERT INTO dbos.transaction_completion (workflow_id, function_num, output, error)
    VALUES (${workflowID}, ${stepID}, ${output}, ${error}) ON CONFLICT DO NOTHING`;
  if (inserted === 0) throw new DBOSStepAlreadyRecordedError(workflowID, stepID);
  await assertStillOwnsWorkflow(workflowID);
}
