/**
 * All that the fast path knows of the engine's insides, which are promised to nobody: the shape of its rows, and how
 * to run a workflow whose row is there already. The SDK is pinned to its exact version, and `verify.ts` compares our rows
 * with the engine's own at each start: when they differ, the store does not start.
 */
import type { WorkflowHandle } from '@dbos-inc/dbos-sdk';
import { functionIDGetIncrement, getCurrentContextStore } from '@dbos-inc/dbos-sdk/internal/context';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import { getFunctionRegistration, registerFunctionWrapper } from '@dbos-inc/dbos-sdk/internal/decorators';
import {
  DBOSJSON,
  type DBOSSerializer,
  SERIALIZER_MARKER_KEY,
  SERIALIZER_MARKER_VALUE,
} from '@dbos-inc/dbos-sdk/internal/serialization';
import { globalParams } from '@dbos-inc/dbos-sdk/internal/utils';
import { query, type Tx, write } from '../database.ts';

/** A call of a step in a running workflow. `owner`: the token by which the engine fences what this execution writes. */
export type StepCall = Readonly<{ workflowId: string; owner: string; functionId: number }>;

/** A workflow to be begun: its row, its input and the output of its first step are written together. */
export type NewWorkflow = Readonly<{
  id: string;
  owner: string;
  /** As it is registered. */
  name: string;
  input: unknown;
  firstStep: string;
  firstOutput: unknown;
}>;

/**
 * Writes a value as the engine's serializer does, for values that are plain JSON, which all of ours are: without its
 * walk through the value for dates, maps and the like.
 */
const asEngineJson = (value: unknown) =>
  JSON.stringify({ json: value, [SERIALIZER_MARKER_KEY]: SERIALIZER_MARKER_VALUE });

/** Takes the number of the next step of the workflow that calls; undefined outside of one. */
export function nextStepCall(): StepCall | undefined {
  const context = getCurrentContextStore();
  if (context?.workflowId === undefined || context.ownerXid === undefined) return undefined;
  return { workflowId: context.workflowId, owner: context.ownerXid, functionId: functionIDGetIncrement() };
}

const BEGIN = `
  WITH given AS (
    SELECT * FROM json_to_recordset($1::json) AS x(id text, owner text, name text, input text, step text, output text)
  ), status AS (
    INSERT INTO dbos.workflow_status (workflow_uuid, status, name, authenticated_user, assumed_role,
      authenticated_roles, executor_id, application_version, application_id, recovery_attempts, priority,
      serialization, creator_xid, owner_xid, is_debounced, application_name)
    SELECT id, 'PENDING', name, '', '', '[]', $2, $3, $4, 1, 0, $5, owner, owner, false, $6 FROM given
  ), input AS (
    INSERT INTO dbos.workflow_input (workflow_uuid, inputs) SELECT id, input FROM given
  )
  INSERT INTO dbos.operation_outputs (workflow_uuid, function_id, output, function_name, started_at_epoch_ms,
    completed_at_epoch_ms, application_name, serialization)
  SELECT id, 0, output, step, $7::int8, $7::int8, $6, $5 FROM given`;

/** Writes workflows that have begun, owned by this process, with the checkpoint of their first step. */
export async function beginWorkflows(tx: Tx, workflows: readonly NewWorkflow[]): Promise<void> {
  const rows = workflows.map(({ id, owner, name, input, firstStep, firstOutput }) => ({
    id,
    owner,
    name,
    input: asEngineJson([input]),
    step: firstStep,
    output: asEngineJson(firstOutput),
  }));
  const { executorID, appVersion, appID, appName } = globalParams;
  await write(tx, BEGIN, JSON.stringify(rows), executorID, appVersion, appID, DBOSJSON.name(), appName, Date.now());
}

/**
 * Runs a workflow here whose row has been committed by `beginWorkflows`. `ended`: called when its function has, before
 * that is recorded. Asking the handle for the result instead would hold two more async functions for as long as the
 * workflow waits.
 */
export async function runBegun<Input>(
  workflow: (input: Input) => Promise<unknown>,
  { id, owner }: Pick<NewWorkflow, 'id' | 'owner'>,
  input: Input,
  ended: () => void,
): Promise<WorkflowHandle<unknown>> {
  const executor = DBOSExecutor.globalInstance;
  if (!executor) throw new Error('The engine does not run.');
  const view: DBOSExecutor = Object.create(executor, { serializer: { value: NO_ARGUMENTS, writable: true } });
  const handle = view.internalWorkflow(takingItsInput(workflow as Workflow) as () => Promise<unknown>, {
    workflowUUID: id,
    ownerXid: owner,
    dequeuedStatus: DEQUEUED as never,
    configuredInstance: { input, ended } satisfies Instance as never,
  });
  // By now it has been taken for the arguments, and everything else is for the engine's own.
  Object.assign(view, { serializer: executor.serializer });
  return handle;
}

const DEQUEUED = { status: 'PENDING', recoveryAttempts: 1, serialization: DBOSJSON.name() };

/**
 * For the arguments of a workflow that has none. The engine's own serializer compares what it wrote with what it read,
 * and looks at each method that an array has.
 */
const NO_ARGUMENTS: DBOSSerializer = { name: () => 'none', stringify: () => '[]', parse: () => [] };

type Workflow = (input: unknown) => Promise<unknown>;
type Instance = { input: unknown; ended: () => void };
type TakingItsInput = (this: Instance) => Promise<unknown>;

const takingTheirInput = new WeakMap<Workflow, TakingItsInput>();

/**
 * The workflow as a function without arguments, which the engine would write and read once more. Its input is on the
 * instance that the engine calls it on.
 */
function takingItsInput(workflow: Workflow): TakingItsInput {
  const known = takingTheirInput.get(workflow);
  if (known) return known;
  const registration = getFunctionRegistration(workflow);
  const registered = registration?.registeredFunction as Workflow | undefined;
  if (!registration || !registered) throw new Error('The engine does not know the workflow.');
  const taking: TakingItsInput = function () {
    const running = registered(this.input);
    running.then(this.ended, this.ended);
    return running;
  };
  registerFunctionWrapper(taking, registration);
  takingTheirInput.set(workflow, taking);
  return taking;
}

/** Locks the workflows' rows until the commit, and leaves out those that this execution no longer owns. */
const FENCE = `
  SELECT x.place::int AS place
  FROM ROWS FROM (json_to_recordset($1::json) AS ("workflowId" text, owner text)) WITH ORDINALITY AS x("workflowId", owner, place)
  JOIN dbos.workflow_status s ON s.workflow_uuid = x."workflowId"
  WHERE s.owner_xid = x.owner AND s.status IS NOT DISTINCT FROM 'PENDING' ORDER BY s.workflow_uuid FOR NO KEY UPDATE OF s`;

/** Tells which of the calling executions still own their workflows, and holds that until the commit. */
export async function stillOwned(tx: Tx, calls: readonly StepCall[]): Promise<Set<StepCall>> {
  const rows = await query<{ place: number }>(tx, FENCE, JSON.stringify(calls));
  return new Set(rows.map(({ place }) => calls[place - 1]!));
}

const CHECKPOINT = `
  INSERT INTO dbos.operation_outputs (workflow_uuid, function_id, output, function_name, started_at_epoch_ms,
    completed_at_epoch_ms, application_name, serialization)
  SELECT id, fn, output, $2, $3::int8, $4::int8, $5, $6 FROM json_to_recordset($1::json) AS x(id text, fn int, output text)`;

/** Records the outputs of steps, in the order of the calls. */
export async function checkpoint(
  tx: Tx,
  name: string,
  calls: readonly StepCall[],
  outputs: readonly unknown[],
  startedAt: number,
): Promise<void> {
  const rows = calls.map((call, index) => ({
    id: call.workflowId,
    fn: call.functionId,
    output: asEngineJson(outputs[index]),
  }));
  const { appName } = globalParams;
  await write(tx, CHECKPOINT, JSON.stringify(rows), name, startedAt, Date.now(), appName, DBOSJSON.name());
}

const RECORDED = `
  SELECT o.workflow_uuid AS id, o.output, o.function_name AS name
  FROM json_to_recordset($1::json) AS asked("workflowId" text, "functionId" int)
  JOIN dbos.operation_outputs o ON o.workflow_uuid = "workflowId" AND o.function_id = "functionId"`;

type RecordedRow = { id: string; output: string | null; name: string };

/** Reads the outputs that are recorded for calls, by workflow. Throws when another step was recorded in a call's place. */
export async function recordedOutputs(tx: Tx, name: string, calls: readonly StepCall[]): Promise<Map<string, unknown>> {
  const rows = await query<RecordedRow>(tx, RECORDED, JSON.stringify(calls));
  for (const { id, name: recorded } of rows)
    if (recorded !== name) throw new Error(`Workflow ${id} has recorded ${recorded} where it now does ${name}.`);
  return new Map(rows.map(({ id, output }) => [id, DBOSJSON.parse(output)]));
}

const FINISH = `
  WITH given AS (
    SELECT * FROM json_to_recordset($1::json) AS x(id text, owner text, output text)
  ), finished AS (
    UPDATE dbos.workflow_status s SET status = 'SUCCESS', owner_xid = NULL, deduplication_id = NULL,
      updated_at = (extract(epoch FROM now()) * 1000)::int8, completed_at = (extract(epoch FROM now()) * 1000)::int8
    FROM given WHERE s.workflow_uuid = given.id AND s.status IS NOT DISTINCT FROM 'PENDING' AND s.owner_xid = given.owner
    RETURNING given.id, given.output
  ), output AS (
    INSERT INTO dbos.workflow_output (workflow_uuid, output) SELECT id, output FROM finished
    ON CONFLICT (workflow_uuid) DO UPDATE SET output = EXCLUDED.output, error = NULL
  )
  SELECT id FROM finished`;

/** The end of a workflow, as the engine is about to record it. */
export type Finished = Readonly<{ id: string; owner: string; output: string | null }>;

/** Records the ends of workflows; returns those that were still this execution's to end. */
export async function finishWorkflows(
  run: <Row>(text: string, parameters: unknown[]) => Promise<Row[]>,
  finished: readonly Finished[],
): Promise<Set<string>> {
  const rows = await run<{ id: string }>(FINISH, [JSON.stringify(finished)]);
  return new Set(rows.map(({ id }) => id));
}

/** Lets `finish` record the successful end of each workflow in the engine's stead. Returns what undoes that. */
export function replaceFinish(finish: (finished: Finished) => Promise<boolean>): () => void {
  const systemDatabase = DBOSExecutor.globalInstance?.systemDatabase;
  if (!systemDatabase) throw new Error('The engine does not run.');
  const original = systemDatabase.recordWorkflowOutput.bind(systemDatabase);
  systemDatabase.recordWorkflowOutput = async (id, status, owner) =>
    owner === undefined ? original(id, status, owner) : finish({ id, owner, output: status.output ?? null });
  return () => {
    systemDatabase.recordWorkflowOutput = original;
  };
}
