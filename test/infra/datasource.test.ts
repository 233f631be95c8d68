import { DBOS } from '@dbos-inc/dbos-sdk';
import { registerDataSource, registerTransaction } from '@dbos-inc/dbos-sdk/datasource';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase, query, type Tx } from '../../server/infra/database.ts';
import { PrismaDataSource, type TransactionConfig } from '../../server/infra/datasource.ts';
import { startEngine, stopEngine } from '../../server/infra/engine.ts';
import { useDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { freezeAt, type Point } from '../support/freeze.ts';
import { expectLog } from '../support/log.ts';
import { meeting } from '../support/meeting.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';

expectLog(
  /Shutting down while 1 workflows are still running/,
  /trying again/,
  /Failed to delete data source test checkpoints/,
  /no longer owned by this execution/,
);

const EXECUTOR = 'exec-test';
const SOURCE = 'test';

let database: Database;
let direct: Database;
let proxy: TcpProxy;
registerDataSource(new PrismaDataSource(SOURCE, () => database));

/** What the step of the running test does; `attempt`: 1 at its first execution. */
type Body = (tx: Tx, attempt: number, argument: number) => Promise<unknown>;
let body: Body;
let attempts: number;

const stepOf = (config: TransactionConfig & { name: string }) =>
  registerTransaction(SOURCE, (argument: number) => body(PrismaDataSource.transaction, ++attempts, argument), config);
const workflowOf = (name: string, step: (argument: number) => Promise<unknown>) =>
  DBOS.registerWorkflow((argument: number) => step(argument), { name });
const plain = workflowOf('plain', stepOf({ name: 'step' }));
const serializable = workflowOf('strict', stepOf({ name: 'strictStep', isolationLevel: 'Serializable' }));

let gate: Promise<void> = Promise.resolve();
const failing = stepOf({ name: 'failing' });
const catching = DBOS.registerWorkflow(
  async (argument: number) => {
    try {
      return await failing(argument);
    } catch (error) {
      await gate;
      return { name: (error as Error).name, message: (error as Error).message };
    }
  },
  { name: 'catching' },
);

const store = useDatabase();
beforeAll(async () => {
  proxy = await startProxy(store.url);
  database = openDatabase(proxy.url, 5);
  direct = openDatabase(store.url, 5);
  await direct.$executeRaw`CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL)`;
  await startEngine(store.url, EXECUTOR, 5);
});
afterAll(async () => {
  await stopEngine();
  await Promise.all([database?.$disconnect(), direct?.$disconnect()]);
  await proxy?.close();
});
beforeEach(async () => {
  attempts = 0;
  await direct.$executeRaw`TRUNCATE counters`;
  await direct.$executeRaw`INSERT INTO counters VALUES (1, 0), (2, 0)`;
});

const start = async (workflow: typeof plain, argument = 0) => DBOS.startWorkflow(workflow)(argument);
const values = async () =>
  (await query<{ value: number }>(direct, 'SELECT value FROM counters ORDER BY id')).map(({ value }) => value);
const increment = (tx: Tx, id = 1) =>
  query(tx, 'UPDATE counters SET value = value + 1 WHERE id = $1 RETURNING value', id);
const checkpointsOf = (workflowID: string) =>
  query<{ error: string | null }>(
    direct,
    'SELECT error FROM dbos.transaction_completion WHERE workflow_id = $1',
    workflowID,
  );

test('a serialization failure is tried again', async () => {
  const meet = meeting(2);
  body = async (tx) => {
    const [row] = await query<{ value: number }>(tx, 'SELECT value FROM counters WHERE id = 1');
    await meet();
    await query(tx, 'UPDATE counters SET value = $1 WHERE id = 1', row!.value + 1);
  };
  const both = await Promise.all([start(serializable), start(serializable)]);
  await Promise.all(both.map((handle) => handle.getResult()));
  expect(await values()).toEqual([2, 0]);
  expect(attempts).toBe(3);
});

test('a deadlock is tried again', async () => {
  const meet = meeting(2);
  body = async (tx, _attempt, first) => {
    await increment(tx, first);
    await meet();
    await increment(tx, 3 - first);
  };
  const both = await Promise.all([start(plain, 1), start(plain, 2)]);
  await Promise.all(both.map((handle) => handle.getResult()));
  expect(await values()).toEqual([2, 2]);
  expect(attempts).toBe(3);
});

test('a session that is lost in the middle of its transaction is replaced', async () => {
  body = async (tx, attempt) => {
    await increment(tx);
    if (attempt === 1) {
      const [session] = await query<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid');
      await query(direct, 'SELECT pg_terminate_backend($1, 5000)', session!.pid);
    }
    await increment(tx, 2);
    return 'done';
  };
  expect(await (await start(plain)).getResult()).toBe('done');
  expect(await values()).toEqual([1, 1]);
  expect(attempts).toBe(2);
});

const COMMIT: Point = { at: 'commit', event: 'UPDATE', table: 'counters' };

test('a session that is ended at its COMMIT is replaced', async () => {
  body = (tx) => increment(tx);
  const freeze = await freezeAt(store.url, COMMIT);
  const handle = await start(plain);
  await freeze.reached();
  await freeze.terminate();
  expect(await handle.getResult()).toEqual([{ value: 1 }]);
  expect(await values()).toEqual([1, 0]);
  expect(attempts).toBe(2);
});

test('a COMMIT that goes through without an answer is not done again', async () => {
  body = (tx) => {
    proxy.loseNextCommit();
    return increment(tx);
  };
  const handle = await start(plain);
  expect(await handle.getResult()).toEqual([{ value: 1 }]);
  expect(await values()).toEqual([1, 0]);
  expect(attempts).toBe(1);
});

test('a COMMIT that goes through while the next attempt runs is not done again, whatever that attempt finds', async () => {
  body = async (tx) => {
    const rows = await query(tx, 'UPDATE counters SET value = 1 WHERE id = 1 AND value = 0 RETURNING value');
    if (rows.length === 0) throw new Error('This has been done.');
    return 'done';
  };
  const freeze = await freezeAt(store.url, COMMIT);
  const handle = await start(plain);
  await freeze.reached();
  proxy.cut();
  await eventually('the next attempt waits for the first', async () => {
    const waiting = await query(
      direct,
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event = 'transactionid' AND query LIKE 'UPDATE counters%'`,
    );
    return waiting.length > 0;
  });
  await freeze.thaw();
  expect(await handle.getResult()).toBe('done');
  expect(await values()).toEqual([1, 0]);
  expect(attempts).toBe(2);
});

/** Makes the engine believe that the executor of a workflow is gone: it starts the workflow once more. */
async function takeOver(workflowID: string): Promise<void> {
  await query(direct, `UPDATE dbos.workflow_status SET executor_id = 'gone' WHERE workflow_uuid = $1`, workflowID);
  await DBOSExecutor.globalInstance?.recoverPendingWorkflows(['gone']);
}

test.each(['returns', 'throws'])(
  'an execution that lost its workflow and %s changes and records nothing',
  async (how) => {
    const meet = meeting(2);
    body = async (tx, attempt) => {
      if (attempt === 1) {
        await increment(tx, 2);
        await takeOver(DBOS.workflowID!);
        await meet();
        if (how === 'throws') throw new Error('Nobody wants to know.');
        return 'old';
      }
      // Not before the old execution has had its chance.
      await meet();
      await eventually('the old execution has rolled back', async () => {
        const { length } = await query(direct, 'SELECT FROM counters WHERE id = 2 FOR UPDATE SKIP LOCKED');
        return length === 1;
      });
      await increment(tx);
      return 'new';
    };
    const handle = await start(plain);
    expect(await handle.getResult()).toBe('new');
    expect(await values()).toEqual([1, 0]);
    expect(attempts).toBe(2);
  },
);

test.each(['engine', 'data source'])(
  'an error is recorded by the %s, and thrown again after a crash',
  async (keeper) => {
    class Refusal extends Error {
      override name = 'Refusal';
    }
    body = async (tx) => {
      await increment(tx);
      throw new Refusal('not today');
    };
    let open = () => {};
    gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { workflowID } = await start(catching);
    await eventually('the engine has the error', async () => {
      const recorded = await query(direct, 'SELECT FROM dbos.operation_outputs WHERE workflow_uuid = $1', workflowID);
      return recorded.length === 1;
    });
    expect(await checkpointsOf(workflowID)).toEqual([{ error: expect.stringContaining('not today') }]);
    expect(await values()).toEqual([0, 0]);

    await stopEngine();
    const forget =
      keeper === 'engine' ? 'transaction_completion WHERE workflow_id' : 'operation_outputs WHERE workflow_uuid';
    await query(direct, `DELETE FROM dbos.${forget} = $1`, workflowID);
    await startEngine(store.url, EXECUTOR, 5);
    open();
    expect(await DBOS.getResult(workflowID)).toEqual({ name: 'Refusal', message: 'not today' });
    expect(attempts).toBe(1);
  },
);

test('a transaction outside of a workflow is tried again, and leaves no checkpoint', async () => {
  body = async (tx, attempt) => {
    if (attempt === 1) await tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`;
    return increment(tx);
  };
  const before = await query(direct, 'SELECT FROM dbos.transaction_completion');
  expect(await failing(0)).toEqual([{ value: 1 }]);
  expect(attempts).toBe(2);
  expect(await query(direct, 'SELECT FROM dbos.transaction_completion')).toHaveLength(before.length);
});
