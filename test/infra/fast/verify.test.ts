import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type App, startApp } from '../../../server/app.ts';
import { readEnv } from '../../../server/env.ts';
import { HttpServer } from '../../../server/http/http-server.ts';
import { groupCommit } from '../../../server/infra/fast/current.ts';
import { log, setLogLevel } from '../../../server/infra/log.ts';
import { type Client, clientOf } from '../../support/client.ts';
import { useDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { workflowOf } from '../../support/keys.ts';

/** Checkpoints that group commit writes come out otherwise than the engine's own, as after a change of the engine. */
const CHANGED_ENGINE = `
  CREATE FUNCTION differ() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF current_setting('application_name') = 'checkout-group' THEN NEW.child_workflow_id := 'x'; END IF;
      RETURN NEW;
    END $$;
  CREATE TRIGGER differing BEFORE INSERT ON dbos.operation_outputs FOR EACH ROW EXECUTE FUNCTION differ()`;

const database = useDatabase();
let warnings: unknown[][];
let session: pg.Client;
let app: App;
let client: Client;
let server: Server;
beforeAll(async () => {
  setLogLevel('error');
  warnings = vi.spyOn(log, 'warn').mock.calls;
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  await session.query(CHANGED_ENGINE);
  const env = { DATABASE_URL: database.url, GROUP_COMMIT: 'on', DISPATCH_STEPS: '3', DISPATCH_STEP_MS: '1' };
  const configuration = readEnv(env);
  app = await startApp(configuration, database.url);
  server = new HttpServer(app.handle, configuration.limits.http).server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  server?.close();
  server?.closeAllConnections();
  await session?.end();
  await app?.stop();
});

test('the store says that group commit is off, and what differs', () => {
  expect(groupCommit()).toBeUndefined();
  const said = warnings.find(([, message]) => String(message).startsWith('group commit is off'));
  expect(said?.[0]).toMatchObject({ differences: [expect.stringMatching(/^steps: .*child_workflow_id/)] });
});

test('the comparison leaves nothing behind', async () => {
  for (const table of ['workflow_status', 'workflow_input', 'workflow_output', 'operation_outputs'])
    expect((await session.query(`SELECT FROM dbos.${table} WHERE workflow_uuid LIKE 'probe:%'`)).rowCount).toBe(0);
  const ofSteps = `SELECT FROM dbos.transaction_completion WHERE workflow_id LIKE 'probe:%'`;
  expect((await session.query(ofSteps)).rowCount).toBe(0);
});

test('orders are placed, paid and dispatched all the same, each step with a checkpoint of its own', async () => {
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout('plain', [{ productId }]);
  expect(await client.pay(order!.payment.id, 'PAID')).toMatchObject({ __typename: 'SubmitPaymentSuccess' });
  const workflow = [workflowOf('plain')];
  await eventually('the workflow has ended', async () => {
    const { rows } = await session.query('SELECT status FROM dbos.workflow_status WHERE workflow_uuid = $1', workflow);
    return rows[0]?.status === 'SUCCESS';
  });
  expect((await client.order(order!.id))!.status).toBe('DISPATCHED');
  const { rows } = await session.query<{ name: string }>(
    'SELECT function_name AS name FROM dbos.operation_outputs WHERE workflow_uuid = $1 ORDER BY function_id',
    workflow,
  );
  const dispatch = ['advanceDispatch', 'advanceDispatch', 'advanceDispatch'];
  expect(rows.map(({ name }) => name)).toEqual(['placeOrder', 'settleOrder', ...dispatch]);
});
