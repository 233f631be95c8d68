import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { OperationLimits } from '../../limits/config.ts';
import { fullFields } from '../../limits/rate-limit.ts';
import { type NoRoom, Slots } from '../../limits/slots.ts';
import type { Context } from '../builder.ts';
import type { Deadlines } from '../deadline.ts';
import { codedError, publicResult } from '../public-errors.ts';
import { SharedResults } from '../shared-results.ts';
import { costOf } from './operation-limits.ts';

type Args = ExecutionArgs & { contextValue: Context };
type MaybePromise<Value> = Value | Promise<Value>;

const NO_STREAM = 'A subscription is answered by a stream: accept text/event-stream.';

/** Of variables that are not as declared, so many are told: each error has all of the variable in it. */
const options = { maxCoercionErrors: 5 };

/** Always of one shape, in which graphql-js finds its arguments twice as fast as in a copy of what Envelop hands on. */
function argumentsOf(args: Args, rootValue: unknown, contextValue: object): ExecutionArgs {
  const { schema, document, variableValues, operationName } = args;
  return { schema, document, rootValue, contextValue, variableValues, operationName, options };
}

/**
 * Executes operations by graphql-js, each within its time and as many at once as there is room for, and says what it cost.
 * Readers of a subscription that are told the same event in the same way share its execution.
 */
export function useExecution(deadlines: Deadlines, limits: ExecutionLimits): Plugin<Context> {
  const engine = new Engine(deadlines, limits);
  return {
    onExecute: ({ setExecuteFn }) => setExecuteFn(engine.execute as never),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(engine.subscribe as never),
  };
}

type ExecutionLimits = Pick<OperationLimits, 'queries' | 'mutations' | 'streams'>;

class Engine {
  readonly #deadlines: Deadlines;
  readonly #shared = new SharedResults();
  readonly #queries: Slots;
  readonly #mutations: Slots;
  readonly #streams: Slots;

  constructor(deadlines: Deadlines, { queries, mutations, streams }: ExecutionLimits) {
    this.#deadlines = deadlines;
    this.#queries = new Slots(queries);
    this.#mutations = new Slots(mutations);
    this.#streams = new Slots(streams);
  }

  readonly execute = (args: Args): MaybePromise<ExecutionResult> => {
    const operation = getOperationAST(args.document, args.operationName);
    const { client, quota } = args.contextValue.caller;
    const isQuery = operation?.operation === 'query';
    const slot = (isQuery ? this.#queries : this.#mutations).take(client, quota.operations);
    if (typeof slot === 'string') return { errors: [refusalOf(slot, 'operations', quota.operations, 1)] };
    const result = execute(argumentsOf(args, args.rootValue, args.contextValue));
    const done = (result: ExecutionResult) => withCost(result, operation);
    if (!(result instanceof Promise)) {
      slot();
      return done(result);
    }
    // When it is answered late it still has the database at work.
    return isQuery ? this.#deadlines.read(result, done, slot) : this.#deadlines.change(result, done, slot);
  };

  readonly subscribe = async (args: Args): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> => {
    const { client, quota, requestId, takesStream, onLeave } = args.contextValue.caller;
    if (!takesStream) return { errors: [codedError('NOT_ACCEPTABLE', NO_STREAM)] };
    const slot = this.#streams.take(client, quota.streams);
    if (typeof slot === 'string') return { errors: [refusalOf(slot, 'streams', quota.streams, 5)] };
    const events = await this.#events(args).catch((error: unknown) => {
      slot();
      throw error;
    });
    if (!(Symbol.asyncIterator in events)) {
      slot();
      return events;
    }
    const operation = getOperationAST(args.document, args.operationName)!;
    const tell = async (event: object, contextValue: object): Promise<ExecutionResult> => {
      const result = await execute(argumentsOf(args, event, contextValue));
      return withCost(publicResult(result, requestId), operation);
    };
    const stream = this.#shared.stream(events as AsyncIterable<object>, args, operation, tell, slot);
    onLeave?.(() => void stream.return?.());
    return stream;
  };

  /** Opens the events of a subscription in time. Those that come later are let go: nobody waits for them any more. */
  async #events(args: Args): Promise<ExecutionResult | AsyncIterable<unknown>> {
    const opening = createSourceEventStream(argumentsOf(args, args.rootValue, args.contextValue));
    try {
      return await this.#deadlines.read(
        opening,
        (events) => events,
        () => {},
      );
    } catch (error) {
      opening.then(leave, () => {});
      throw error;
    }
  }
}

function leave(events: ExecutionResult | AsyncIterable<unknown>): void {
  if (Symbol.asyncIterator in events) void events[Symbol.asyncIterator]().return?.();
}

/** The error for who has no room for one more. `name`: of what; `most`: how many its client may have at once. */
function refusalOf(why: NoRoom, name: 'operations' | 'streams', most: number | undefined, resetS: number) {
  if (why === 'PROCESS')
    return codedError('OVERLOADED', `This process has as many ${name} under way as it can: try again in ${resetS} s.`, {
      http: { headers: { 'retry-after': String(resetS) } },
    });
  return codedError('RATE_LIMITED', `You have as many ${name} under way as one client may: end one.`, {
    http: { headers: fullFields(name, most, resetS) },
  });
}

/** Tells with a result what it cost, as far as it was executed at all. */
function withCost(result: ExecutionResult, operation: OperationDefinitionNode | null | undefined): ExecutionResult {
  const cost = operation && costOf(operation);
  if (cost !== undefined && result.data !== undefined) result.extensions = { cost };
  return result;
}
