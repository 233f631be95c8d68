import { type ExecutionArgs, type ExecutionResult, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { Context } from './builder.ts';
import { publicError } from './public-errors.ts';

/** An order as it is now, told with an event, may be as old as two of these. */
const AGE_MS = 500;

type Made = Map<string, Promise<ExecutionResult>>;
type Args = ExecutionArgs & { contextValue: Context };

/** Executes an event with a context. */
type Tell = (event: object, context: object) => Promise<ExecutionResult>;

/**
 * Executes an event of a subscription once for all readers who are told it in the same way, and gives them the very same
 * result. A result is remembered for a moment only: readers that stall hold on to events, and shall not hold these.
 */
export class SharedResults {
  #young = new WeakMap<object, Made>();
  #old = new WeakMap<object, Made>();
  #agedAt = performance.now();

  /** Makes the results of a stream of events; an error of the stream is the last of them. `ended`: called when it has. */
  stream(
    events: AsyncIterable<object>,
    { document, variableValues, contextValue }: Args,
    operation: OperationDefinitionNode,
    tell: Tell,
    ended: () => void,
  ): AsyncIterableIterator<ExecutionResult> {
    const source = events[Symbol.asyncIterator]();
    const shared = sharedPartOf(contextValue);
    const key = keyOf(operation, variablesWithin(operation, document), variableValues, shared);
    let failed = false;
    const stream: AsyncIterableIterator<ExecutionResult> = {
      next: async () => {
        if (failed) return { done: true, value: undefined };
        try {
          const { done, value } = await source.next();
          if (done) {
            ended();
            return { done, value: undefined };
          }
          // What is loaded for one event is kept with its context, and the next one wants it anew.
          return { done: false, value: await this.of(value, key, () => tell(value, { ...shared })) };
        } catch (error) {
          failed = true;
          ended();
          return { done: false, value: { errors: [publicError(error, contextValue.caller.requestId)] } };
        }
      },
      return: async () => {
        ended();
        await source.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => stream,
    };
    return stream;
  }

  /** Returns what was made of an event for the same key, which has all that can make a difference, or makes it. */
  of(event: object, key: string, make: () => Promise<ExecutionResult>): Promise<ExecutionResult> {
    const now = performance.now();
    if (now - this.#agedAt > AGE_MS) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#agedAt = now;
    }
    const known = this.#young.get(event) ?? this.#old.get(event);
    const made = known?.get(key);
    if (made) return made;
    const result = make();
    if (known) known.set(key, result);
    else this.#young.set(event, new Map([[key, result]]));
    return result;
  }
}

/** The context without what each request has of its own: no resolver of an event gets it, so none can depend on it. */
function sharedPartOf(context: Context): object {
  const {
    caller: _,
    request: __,
    params: ___,
    ...shared
  } = context as Context & { request?: unknown; params?: unknown };
  return shared;
}

const ids = new WeakMap<object, number>();
let lastId = 0;

/** Numbers an object: the same one always gets the same number. */
function idOf(object: object): number {
  const id = ids.get(object) ?? ++lastId;
  ids.set(object, id);
  return id;
}

/**
 * All that can make a difference to how an event is told: the operation, its variables other than those of the
 * subscription itself, and what the context has. What a plugin adds to the context separates readers by itself: an object
 * counts as different from every other one.
 */
function keyOf(
  operation: OperationDefinitionNode,
  names: readonly string[],
  variables: Args['variableValues'],
  context: object,
): string {
  const values = names.map((name) => variables?.[name]);
  const parts = Object.entries(context).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? idOf(value) : String(value),
  ]);
  return JSON.stringify([idOf(operation), values, parts]);
}

const known = new WeakMap<OperationDefinitionNode, readonly string[]>();

/** The variables in a document, other than in the arguments of the operation's fields at the root. */
function variablesWithin(operation: OperationDefinitionNode, document: Args['document']): readonly string[] {
  let names = known.get(operation);
  if (names) return names;
  const found = new Set<string>();
  const note = { Variable: ({ name }: { name: { value: string } }) => void found.add(name.value) };
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) visit(definition, note);
  for (const selection of operation.selectionSet.selections)
    visit(selection.kind === Kind.FIELD ? { ...selection, arguments: [] } : selection, note);
  names = [...found];
  known.set(operation, names);
  return names;
}
