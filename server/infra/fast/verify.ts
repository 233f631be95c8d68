import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { query } from '../database.ts';
import type { GroupCommit } from './group.ts';

const probeWorkflow = DBOS.registerWorkflow((text: string) => DBOS.runStep(async () => ({ text }), { name: 'probe' }), {
  name: 'probe',
});

/** What differs from one workflow to the next, and says nothing of the shape of a row. */
const OWN = ['workflow_uuid', 'creator_xid', 'owner_xid', 'created_at', 'updated_at', 'completed_at'].concat([
  'started_at_epoch_ms',
  'completed_at_epoch_ms',
  'retention_timestamp',
]);

const ROWS = `
  SELECT (SELECT to_jsonb(r) - $2::text[] FROM dbos.workflow_status r WHERE workflow_uuid = $1) AS status,
    (SELECT to_jsonb(r) - $2::text[] FROM dbos.workflow_input r WHERE workflow_uuid = $1) AS input,
    (SELECT jsonb_agg(to_jsonb(r) - $2::text[] ORDER BY function_id) FROM dbos.operation_outputs r
     WHERE workflow_uuid = $1) AS steps,
    (SELECT to_jsonb(r) - $2::text[] FROM dbos.workflow_output r WHERE workflow_uuid = $1) AS output`;

/**
 * Compares the rows of a workflow that the engine began and ended with those of one that group commit began and
 * ended. Returns the differences in words; none when group commit can be trusted with this engine.
 */
export async function differencesFromEngine(group: GroupCommit): Promise<string[]> {
  const [engines, ours] = [`probe:${randomUUID()}`, `probe:${randomUUID()}`];
  const input = 'probe';
  group.giveBackFinish();
  try {
    const handle = await DBOS.startWorkflow(probeWorkflow, { workflowID: engines })(input);
    const firstOutput = await handle.getResult();
    const expected = await rowsOf(group, engines);

    group.takeOverFinish();
    const begun = { id: ours, owner: randomUUID(), input, firstOutput };
    await group.pool.transaction((tx) => group.begin(tx, 'probe', 'probe', [begun]));
    const run = await group.run(probeWorkflow, begun);
    await run.getResult();
    return differences(expected, await rowsOf(group, ours));
  } finally {
    await DBOS.deleteWorkflows([engines, ours]);
  }
}

type Rows = Record<'status' | 'input' | 'steps' | 'output', unknown>;

async function rowsOf(group: GroupCommit, workflowId: string): Promise<Rows> {
  const [rows] = await group.pool.transaction((tx) => query<Rows>(tx, ROWS, workflowId, OWN));
  return rows!;
}

function differences(expected: Rows, actual: Rows): string[] {
  return (['status', 'input', 'steps', 'output'] as const).flatMap((kind) => {
    const [theirs, ours] = [JSON.stringify(expected[kind]), JSON.stringify(actual[kind])];
    return theirs === ours ? [] : [`${kind}: the engine wrote ${theirs}, group commit ${ours}`];
  });
}
