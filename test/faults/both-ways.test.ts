import { expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { type Freeze, freezeAt, type Point } from '../support/freeze.ts';
import { startServer } from '../support/store.ts';
import { ask } from './lease-rows.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

const waitsForAnother = `
  SELECT FROM pg_stat_activity WHERE datname = current_database()
  AND application_name = 'checkout-group' AND wait_event = 'transactionid'`;

const RESTOCK = `LIKE 'restock:%'`;
const moments: [string, Point, (freeze: Freeze, databaseUrl: string) => Promise<void>][] = [
  [
    'before the engine has noted the step',
    { at: 'write', event: 'INSERT', table: 'dbos.operation_outputs', when: `NEW.workflow_uuid ${RESTOCK}` },
    ({ terminate }) => terminate(),
  ],
  [
    'while it commits the step, which goes through when the next is about to do it',
    { at: 'commit', event: 'INSERT', table: 'dbos.transaction_completion', when: `NEW.workflow_id ${RESTOCK}` },
    async ({ thaw }, databaseUrl) => {
      await eventually('the next waits', async () => (await ask(databaseUrl, waitsForAnother)).length > 0);
      await thaw();
    },
  ],
];

test.each(moments)('what a server does alone is not done again by one in groups: killed %s', async (_, point, goOn) => {
  const server = (GROUP_COMMIT: string, share: { databaseUrl?: string } = {}) =>
    startServer({ env: { GROUP_COMMIT, DISPATCH_STEPS: '2', DISPATCH_STEP_MS: '50' }, ...share });
  const first = await server('off');
  const { databaseUrl } = first;
  const { id: productId, inventory } = await clientOf(first.url).product('WIDGET');
  const restocking = { idempotencyKey: 'k', productId, level: { add: 7 } };

  const freeze = await freezeAt(databaseUrl, point);
  const unanswered = clientOf(first.url)
    .restock(restocking)
    .catch((error: Error) => error);
  await freeze.reached();
  await first.kill('SIGKILL');
  const starting = server('on', { databaseUrl });
  await goOn(freeze, databaseUrl);
  expect(await unanswered).toBeInstanceOf(Error);

  const client = patientClientOf((await starting).url);
  expect((await client.restock(restocking)).__typename).toBe('RestockSuccess');
  expect((await client.product('WIDGET')).inventory).toBe(inventory + 7);
  await comesToRest(databaseUrl);
});
