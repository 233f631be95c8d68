import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../builder.ts';
import type { Deadlines } from '../deadline.ts';
import { codedError, publicResult } from '../public-errors.ts';
import { SharedResults } from '../shared-results.ts';
import { costOf } from './operation-limits.ts';

type Args = ExecutionArgs & { contextValue: Context };
type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Executes operations by graphql-js, each within its time, and says what it cost. Readers of a subscription that are
 * told the same event in the same way share its execution. `mostQueries`: executed at once.
 */
export function useExecution(deadlines: Deadlines, mostQueries: number): Plugin<Context> {
  const engine = new Engine(deadlines, mostQueries);
  return {
    onExecute: ({ setExecuteFn }) => setExecuteFn(engine.execute as never),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(engine.subscribe as never),
  };
}

class Engine {
  readonly #deadlines: Deadlines;
  readonly #mostQueries: number;
  readonly #shared = new SharedResults();
  #queries = 0;

  constructor(deadlines: Deadlines, mostQueries: number) {
    this.#deadlines = deadlines;
    this.#mostQueries = mostQueries;
  }

  readonly execute = (args: Args): MaybePromise<ExecutionResult> => {
    const operation = getOperationAST(args.document, args.operationName);
    if (operation?.operation === 'query') return this.#query(args, operation);
    const result = execute(args);
    const done = (result: ExecutionResult) => withCost(result, operation);
    return result instanceof Promise ? this.#deadlines.change(result, done) : done(result);
  };

  readonly subscribe = async (args: Args): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> => {
    const source = await this.#deadlines.read(createSourceEventStream(args), (events) => events);
    if (!(Symbol.asyncIterator in source)) return source;
    const operation = getOperationAST(args.document, args.operationName)!;
    const { requestId } = args.contextValue.caller;
    const tell = async (event: object, contextValue: object): Promise<ExecutionResult> => {
      const result = await execute({ ...args, rootValue: event, contextValue });
      return withCost(publicResult(result, requestId), operation);
    };
    return this.#shared.stream(source as AsyncIterable<object>, args, operation, tell);
  };

  /** More at once would only wait for each other. Changes have an admission of their own. */
  #query(args: Args, operation: OperationDefinitionNode): MaybePromise<ExecutionResult> {
    if (this.#queries >= this.#mostQueries)
      return { errors: [codedError('OVERLOADED', 'The store is very busy: try again in a few seconds.')] };
    const result = execute(args);
    if (!(result instanceof Promise)) return withCost(result, operation);
    this.#queries++;
    // When it is answered late it still has the database at work.
    const ended = () => {
      this.#queries--;
    };
    result.then(ended, ended);
    return this.#deadlines.read(result, (done) => withCost(done, operation));
  }
}

/** Tells with a result what it cost, as far as it was executed at all. */
function withCost(result: ExecutionResult, operation: OperationDefinitionNode | null | undefined): ExecutionResult {
  const cost = operation && costOf(operation);
  if (cost !== undefined && result.data !== undefined) result.extensions = { cost };
  return result;
}
