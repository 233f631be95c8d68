import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { expectLog } from '../support/log.ts';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { ask } from './lease-rows.ts';

expectLog(/^The durable engine is not as this build expects it/, /^steps: /);

/** Checkpoints that group commit writes come out otherwise than the engine's own, as after a change of the engine. */
const CHANGED_ENGINE = `
  CREATE FUNCTION differ() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF current_setting('application_name') = 'checkout-group' THEN NEW.child_workflow_id := 'x'; END IF;
      RETURN NEW;
    END $$;
  CREATE TRIGGER differing BEFORE INSERT ON dbos.operation_outputs FOR EACH ROW EXECUTE FUNCTION differ()`;

let database: Awaited<ReturnType<typeof createDatabase>>;
let server: ServerProcess;
beforeAll(async () => {
  database = await createDatabase();
  server = await serverProcess(database.url);
});
afterAll(async () => {
  await server?.kill();
  await database?.drop();
});

test('a server whose rows are not those of the engine does not start, and says what differs', async () => {
  await ask(database.url, CHANGED_ENGINE);
  await expect(server.start()).rejects.toThrow('The server ended (78)');
  expect(server.log).toMatch(/^steps: .*child_workflow_id/m);
});

test('the comparison leaves nothing behind', async () => {
  for (const table of ['workflow_status', 'workflow_input', 'workflow_output', 'operation_outputs'])
    expect(await ask(database.url, `SELECT FROM dbos.${table} WHERE workflow_uuid LIKE 'probe:%'`)).toEqual([]);
});
