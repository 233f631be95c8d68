import { expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { freezeAt } from '../support/freeze.ts';
import { startServer } from '../support/store.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

test('what a server did step by step before it was killed, one that commits in groups does not do again', async () => {
  const server = (GROUP_COMMIT: string, databaseUrl?: string) =>
    startServer({
      env: { GROUP_COMMIT, DISPATCH_STEPS: '2', DISPATCH_STEP_MS: '50' },
      ...(databaseUrl && { databaseUrl }),
    });
  const first = await server('off');
  const { databaseUrl } = first;
  const { id: productId, inventory } = await clientOf(first.url).product('WIDGET');
  const restocking = { idempotencyKey: 'k', productId, level: { add: 7 } };

  // The step is committed, with its checkpoint; the engine has not noted it yet.
  const freeze = await freezeAt(databaseUrl, {
    at: 'write',
    event: 'INSERT',
    table: 'dbos.operation_outputs',
    when: `NEW.workflow_uuid LIKE 'restock:%'`,
  });
  const unanswered = clientOf(first.url)
    .restock(restocking)
    .catch((error: Error) => error);
  await freeze.reached();
  await first.kill('SIGKILL');
  await freeze.terminate();
  expect(await unanswered).toBeInstanceOf(Error);

  const client = patientClientOf((await server('on', databaseUrl)).url);
  expect((await client.restock(restocking)).__typename).toBe('RestockSuccess');
  expect((await client.product('WIDGET')).inventory).toBe(inventory + 7);
  await comesToRest(databaseUrl);
});
