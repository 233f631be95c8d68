import { type ExecutionResult, getOperationAST } from 'graphql';
import type { Api } from '../graphql/api.ts';
import type { Context } from '../graphql/builder.ts';
import type { Parameters } from './parameters.ts';

/** What comes of an operation: one result, or one after the other. */
export type Results = ExecutionResult | AsyncIterable<ExecutionResult>;

/**
 * Has an operation parsed, validated, given its context, and executed or subscribed to by Yoga's own functions, so that
 * every plugin governs it. What is known at once is returned at once. Throws what they throw.
 */
export function operate(
  getEnveloped: Api['getEnveloped'],
  { query, operationName, variables }: Parameters,
  context: Context,
): Results | Promise<Results> {
  const { schema, parse, validate, contextFactory, execute, subscribe } = getEnveloped(context as never);
  const document = parse(query);
  const errors = validate(schema, document);
  if (errors.length > 0) return { errors };
  const run = (contextValue: unknown): Results | Promise<Results> => {
    const isSubscription = getOperationAST(document, operationName)?.operation === 'subscription';
    const args = { schema, document, contextValue, variableValues: variables, operationName };
    return (isSubscription ? subscribe : execute)(args) as Results | Promise<Results>;
  };
  const contextValue: unknown = contextFactory();
  return contextValue instanceof Promise ? contextValue.then(run) : run(contextValue);
}
