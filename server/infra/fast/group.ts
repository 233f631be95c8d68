import type { WorkflowHandle } from '@dbos-inc/dbos-sdk';
import { DBOSWorkflowConflictError } from '@dbos-inc/dbos-sdk/datasource';
import type { Tx } from '../database.ts';
import { isHeld } from '../database-errors.ts';
import { persistently } from '../persistently.ts';
import { Batcher, type BatcherOptions } from './batcher.ts';
import { GroupPool } from './group-pool.ts';
import {
  beginWorkflows,
  checkpoint,
  type Finished,
  finishWorkflows,
  nextStepCall,
  recordedOutputs,
  replaceFinish,
  runBegun,
  type StepCall,
  stillOwned,
} from './internals.ts';

/** The body of a step, for many calls at once; the answers are in the order of the items. */
export type GroupBody<Item, Result> = (tx: Tx, items: Item[]) => Promise<Result[]>;

/** A workflow that is begun here; `owner`: a token made for this, as the engine makes one for each claim. */
export type Begun<Input> = Readonly<{ id: string; owner: string; input: Input; firstOutput: unknown }>;

type Called<Item> = { call: StepCall; item: Item };
type Batchers = Map<string, Batcher<never, never>>;

/** Each holds some 7 KB for as long as its order is under way: what one process is asked to hold has an end. */
const MOST_RUNNING = 40_000;
/** A second's worth of work on two cores. */
const MOST_WAITING = 2_000;
const FINISH_LINGER_MS = 100;

/**
 * Group commit for durable steps: steps of many workflows that are ready at the same time run as one transaction, each
 * with its own checkpoint. Before the COMMIT nothing has happened, and whoever waits is answered only after it; who
 * lost the ownership of a workflow is left out of the set and gets the engine's conflict error.
 */
export class GroupCommit {
  readonly pool: GroupPool;
  readonly #batchers: Batchers = new Map();
  /** Workflows that this process began and still owns: no step beyond the first can have been recorded before. */
  readonly #begunHere = new Map<string, { owner: string; firstOutput: unknown }>();

  constructor(databaseUrl: string, connections: number, leaseMs?: number) {
    this.pool = new GroupPool(databaseUrl, connections, leaseMs);
  }

  /** Lets the engine record ended workflows itself again. */
  giveBackFinish: () => void = () => {};

  /** Takes over the engine's recording of ended workflows, so that they too are committed in groups. */
  takeOverFinish(): void {
    this.giveBackFinish();
    const run = async (finished: Finished[]) => {
      const done = await persistently('finish', () =>
        finishWorkflows((text, values) => this.pool.query(text, values), finished),
      );
      return finished.map(({ id }) => done.has(id));
    };
    const batcher = new Batcher<Finished, boolean>(run, { lingerMs: FINISH_LINGER_MS });
    this.giveBackFinish = replaceFinish((finished) => batcher.add(finished));
  }

  /**
   * Runs a durable step of the calling workflow with the next group: its output is recorded in the same commit, and
   * returned without running it when it was recorded before.
   */
  async durable<Item, Result>(name: string, body: GroupBody<Item, Result>, item: Item): Promise<Result> {
    const call = nextStepCall();
    if (!call) throw new Error(`${name} was called outside of a workflow.`);
    const begun = this.#begunHere.get(call.workflowId);
    if (begun?.owner === call.owner) {
      if (call.functionId === 0) return begun.firstOutput as Result;
    } else {
      const recorded = await persistently(name, () => this.pool.transaction((tx) => recordedOutputs(tx, name, [call])));
      if (recorded.has(call.workflowId)) return recorded.get(call.workflowId) as Result;
    }
    const run = (items: Called<Item>[]) => this.#runDurable(name, body, items);
    return this.#batcher<Called<Item>, Result>(`durable ${name}`, run, { company: true, isHeld }).add({ call, item });
  }

  /** Runs something that may be done again, since what it writes tells whether it is done, with the next group. */
  repeatable<Item, Result>(
    name: string,
    body: GroupBody<Item, Result>,
    item: Item,
    options?: BatcherOptions,
  ): Promise<Result> {
    const run = (items: Item[]) => persistently(name, () => this.pool.transaction((tx) => body(tx, items)), isHeld);
    return this.#batcher<Item, Result>(`repeatable ${name}`, run as never, { ...options, isHeld }).add(item);
  }

  /** Writes the row, the input and the first checkpoint of workflows; call `run` for each after the commit. */
  async begin(tx: Tx, name: string, firstStep: string, begun: readonly Begun<unknown>[]): Promise<void> {
    await beginWorkflows(
      tx,
      begun.map((workflow) => ({ ...workflow, name, firstStep })),
    );
  }

  /** Runs a workflow that `begin` wrote, once it is committed. */
  async run<Input>(
    workflow: (input: Input) => Promise<unknown>,
    begun: Begun<Input>,
  ): Promise<WorkflowHandle<unknown>> {
    this.#begunHere.set(begun.id, { owner: begun.owner, firstOutput: begun.firstOutput });
    const forget = () => this.#begunHere.delete(begun.id);
    try {
      return await runBegun(workflow, begun, begun.input, forget);
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** Tells whether this process has as much to do as it can hold in memory, or to answer in time. */
  isFull(name: string): boolean {
    const waiting = this.#batchers.get(`repeatable ${name}`)?.waiting ?? 0;
    return this.#begunHere.size >= MOST_RUNNING || waiting >= MOST_WAITING;
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  #batcher<Item, Result>(name: string, run: (items: Item[]) => Promise<(Result | Error)[]>, options?: BatcherOptions) {
    let batcher = this.#batchers.get(name) as Batcher<Item, Result> | undefined;
    if (!batcher) {
      batcher = new Batcher(run, options);
      this.#batchers.set(name, batcher as never);
    }
    return batcher;
  }

  async #runDurable<Item, Result>(name: string, body: GroupBody<Item, Result>, items: Called<Item>[]) {
    let mine = items;
    let attempts = 0;
    const results = new Map<StepCall, Result>();
    const attempt = () =>
      this.pool.transaction(async (tx) => {
        const startedAt = Date.now();
        const calls = mine.map(({ call }) => call);
        const again = attempts++ > 0;
        const fenced = this.#fence(tx, name, calls, again);
        // What an attempt before has done must not be met by the body: it may be unable to do it twice.
        if (again) await fenced;
        // Nearly always all are owned: the body is begun before that is known, and undone if they are not.
        const [fence, outputs] = await Promise.allSettled([
          fenced,
          body(
            tx,
            mine.map(({ item }) => item),
          ),
        ]);
        if (fence.status === 'rejected') throw fence.reason;
        if (outputs.status === 'rejected') throw outputs.reason;
        await checkpoint(tx, name, calls, outputs.value, startedAt);
        return outputs.value;
      });
    let lookedAgain = false;
    while (mine.length > 0) {
      try {
        const outputs = await persistently(name, attempt, isHeld);
        for (const [index, { call }] of mine.entries()) results.set(call, outputs[index]!);
        break;
      } catch (error) {
        if (error instanceof LeftOut) {
          const { owned, recorded } = error;
          mine = mine.filter(({ call }) => owned.has(call));
          for (const { call } of mine)
            if (recorded.has(call.workflowId)) results.set(call, recorded.get(call.workflowId) as Result);
          mine = mine.filter(({ call }) => !recorded.has(call.workflowId));
        } else if (mine.length > 1 || lookedAgain || isHeld(error)) throw error;
        // An execution before this one may have done it meanwhile, and be the reason: the next attempt sees that.
        else lookedAgain = true;
      }
    }
    return items.map(({ call }) =>
      results.has(call) ? results.get(call)! : new DBOSWorkflowConflictError(call.workflowId),
    );
  }

  /** Holds the workflows of calls to the commit. Throws LeftOut when not all of them are to run. */
  async #fence(tx: Tx, name: string, calls: StepCall[], again: boolean): Promise<void> {
    const owned = await stillOwned(tx, calls);
    // A COMMIT whose answer was lost may have gone through; behind the lock on its workflows it is seen.
    const recorded = again ? await recordedOutputs(tx, name, calls) : new Map<string, unknown>();
    if (owned.size < calls.length || recorded.size > 0) throw new LeftOut(owned, recorded);
  }
}

/** Some of a group are not to run: another execution owns them by now, or their step is recorded already. */
class LeftOut extends Error {
  readonly owned: ReadonlySet<StepCall>;
  readonly recorded: ReadonlyMap<string, unknown>;

  constructor(owned: ReadonlySet<StepCall>, recorded: ReadonlyMap<string, unknown>) {
    super('Some of the group are not to run.');
    this.owned = owned;
    this.recorded = recorded;
  }
}
