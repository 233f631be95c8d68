import { DBOS } from '@dbos-inc/dbos-sdk';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { query, type Tx } from '../../server/infra/database.ts';
import { oneByOne, step } from '../../server/infra/step.ts';
import { useApp } from '../support/app.ts';
import { expectLog } from '../support/log.ts';
import { meeting } from '../support/meeting.ts';

expectLog(/trying again/, /connection failed/);

/** What the step of the running test does; `attempt`: 1 at its first execution. */
type Body = (tx: Tx, attempt: number, argument: number) => Promise<unknown>;
let body: Body;
let attempts: number;

const workflowOf = (name: string) => {
  const stepOfIt = step(
    name,
    oneByOne((tx, argument: number) => body(tx, ++attempts, argument)),
  );
  return DBOS.registerWorkflow((argument: number) => stepOfIt(argument), { name });
};
const [first, second] = [workflowOf('first'), workflowOf('second')];

const store = useApp();
beforeAll(() => store.sql('CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL)'));
beforeEach(async () => {
  attempts = 0;
  await store.sql('TRUNCATE counters');
  await store.sql('INSERT INTO counters VALUES (1, 0), (2, 0)');
});

const start = (workflow: typeof first, argument = 0) => DBOS.startWorkflow(workflow)(argument);
const values = async () =>
  (await store.sql<{ value: number }>('SELECT value FROM counters ORDER BY id')).map(({ value }) => value);
const increment = (tx: Tx, id = 1) =>
  query(tx, 'UPDATE counters SET value = value + 1 WHERE id = $1 RETURNING value', id);

test('a serialization failure is tried again', async () => {
  body = async (tx, attempt) => {
    await increment(tx);
    if (attempt === 1) await query(tx, `DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
    return 'done';
  };
  expect(await (await start(first)).getResult()).toBe('done');
  expect(await values()).toEqual([1, 0]);
  expect(attempts).toBe(2);
});

test('a deadlock of two groups is tried again', async () => {
  const meet = meeting(2);
  body = async (tx, _attempt, argument) => {
    await increment(tx, argument);
    await meet();
    await increment(tx, 3 - argument);
  };
  const both = await Promise.all([start(first, 1), start(second, 2)]);
  await Promise.all(both.map((handle) => handle.getResult()));
  expect(await values()).toEqual([2, 2]);
  expect(attempts).toBe(3);
});

test('a session that is lost in the middle of its transaction is replaced', async () => {
  body = async (tx, attempt) => {
    await increment(tx);
    if (attempt === 1) {
      const [session] = await query<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid');
      await store.sql('SELECT pg_terminate_backend($1, 5000)', session!.pid);
    }
    await increment(tx, 2);
    return 'done';
  };
  expect(await (await start(first)).getResult()).toBe('done');
  expect(await values()).toEqual([1, 1]);
  expect(attempts).toBe(2);
});
