import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { getAllRegisteredFunctions } from '@dbos-inc/dbos-sdk/internal/decorators';
import { globalParams } from '@dbos-inc/dbos-sdk/internal/utils';
import type pg from 'pg';
import { forget, type Heard } from './lease-beat.ts';
import { log } from './log.ts';

/** Workflows taken over at once, and the time to let them read what they recorded before the next ones come. */
const BATCH = 200;
const PAUSE_MS = 50;
/** Each of the living first takes its own share; what somebody left lying for this long is anybody's. */
const OWN_SHARE_MS = 2_500;
/** One that is gone may have written last a moment before that; its row stays for this long, so that it is found. */
const REMEMBER_MS = 10_000;
/** So many attempts are told to whoever runs the store: perhaps it is this workflow that ends its processes. */
const MANY_ATTEMPTS = 100;
/** A workflow that was begun or taken over just now may not run yet. */
const BEGIN_MS = 10_000;

const NOW = '(extract(epoch FROM now()) * 1000)::int8';

/**
 * Takes workflows over as the engine takes them from a queue: with a new owner, by which it fences whatever an earlier
 * execution still writes. Rows that somebody writes just now are left to a later look.
 */
const claiming = (condition: string) => `
  UPDATE dbos.workflow_status s SET executor_id = $1, owner_xid = $2, started_at_epoch_ms = ${NOW}, updated_at = ${NOW},
    recovery_attempts = coalesce(recovery_attempts, 0) + 1
  FROM (
    SELECT workflow_uuid AS id FROM dbos.workflow_status
    WHERE status = 'PENDING' AND queue_name IS NULL AND application_version = $3 AND name = ANY($4::text[])
      AND ${condition} ORDER BY created_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  ) AS free WHERE s.workflow_uuid = free.id RETURNING s.workflow_uuid AS id, s.recovery_attempts::int AS attempts`;

/** $5: those that are gone; $6 and $7: the living and our place among them; $8: take more than our share. */
const CLAIM = claiming(
  `executor_id = ANY($5::text[]) AND ($8 OR abs(hashtext(workflow_uuid)::int8) % $6::int = $7::int)`,
);

/** $5: workflows of ours that nobody runs. */
const CLAIM_AGAIN = claiming('executor_id = $1 AND workflow_uuid = ANY($5::text[])');

/** What came from a queue of the engine goes back to it, and is run within the queue's limits. */
const REQUEUE = `
  UPDATE dbos.workflow_status SET status = 'ENQUEUED', owner_xid = NULL, started_at_epoch_ms = NULL, updated_at = ${NOW}
  WHERE status = 'PENDING' AND queue_name IS NOT NULL AND application_version = $1 AND executor_id = ANY($2::text[])`;

const OURS = `
  SELECT workflow_uuid AS id FROM dbos.workflow_status
  WHERE status = 'PENDING' AND queue_name IS NULL AND executor_id = $1 AND updated_at < ${NOW} - ${BEGIN_MS}`;

type Row = { id: string };
type Claimed = Row & { attempts: number };

/**
 * Takes over the workflows of processes that are gone: our share at first, later whatever is left, in batches.
 * `wanted`: asked before each batch. The SDK has no public call to take over some of the workflows of an executor:
 * this writes the row of its status as its own claim does, and has it run what was claimed.
 */
export async function adopt(client: pg.Client, executorId: string, heard: Heard, wanted: () => boolean): Promise<void> {
  const gone = heard.gone.map(({ id }) => id);
  const left = heard.gone.filter(({ sinceMs }) => sinceMs > OWN_SHARE_MS).map(({ id }) => id);
  const takeShare = (ids: string[], all: boolean) =>
    inBatches(wanted, () => claim(client, executorId, CLAIM, [ids, heard.living, heard.rank, all]));
  await client.query(REQUEUE, [globalParams.appVersion, gone]);
  await takeShare(gone, false);
  if (left.length > 0) await takeShare(left, true);
  const old = heard.gone.filter(({ sinceMs }) => sinceMs > REMEMBER_MS).map(({ id }) => id);
  if (old.length > 0 && wanted()) await forget(client, old);
}

/**
 * Takes up workflows that are ours by their rows, and that nobody runs: they were claimed or begun by a COMMIT whose
 * answer was lost.
 */
export async function takeUpStranded(client: pg.Client, executorId: string): Promise<void> {
  const { rows } = await client.query<Row>(OURS, [executorId]);
  const running = DBOSExecutor.globalInstance?.systemDatabase;
  const stranded = rows.map(({ id }) => id).filter((id) => running?.checkForRunningWorkflow(id) === false);
  // What has finished since then is not pending any more, and is not claimed.
  if (stranded.length > 0) await claim(client, executorId, CLAIM_AGAIN, [stranded]);
}

async function inBatches(wanted: () => boolean, next: () => Promise<number>): Promise<void> {
  while (wanted() && (await next()) === BATCH) await delay(PAUSE_MS);
}

/** Takes over a batch and runs it here. Returns how many there were. */
async function claim(client: pg.Client, executorId: string, text: string, more: unknown[]): Promise<number> {
  const executor = DBOSExecutor.globalInstance;
  if (!executor) return 0;
  const owner = randomUUID();
  const { rows } = await client.query<Claimed>(text, [executorId, owner, globalParams.appVersion, known(), ...more]);
  for (const { id, attempts } of rows)
    if (attempts % MANY_ATTEMPTS === 0) log.error({ workflow: id, attempts }, 'a workflow is taken up again and again');
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await executor.dispatchDequeuedWorkflows(ids, owner);
  return ids.length;
}

/** The workflows that this build knows. During a deployment, one that it does not know is left to those that do. */
const known = () =>
  getAllRegisteredFunctions()
    .filter(({ workflowConfig }) => workflowConfig !== undefined)
    .map(({ name }) => name);
