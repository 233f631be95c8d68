import { PothosValidationError } from '@pothos/core';
import { GraphQLError } from 'graphql';
import { maskError } from 'graphql-yoga';
import { log } from '../infra/log.ts';
import { OverloadedError, StillWorkingError } from '../infra/patience.ts';
import { FellBehindError } from '../orders/orders.events.ts';

const UNEXPECTED = 'Unexpected error.';

/** Makes of an error what the caller may know: what was meant for it stays, anything else is only ours to know. */
export function masked(error: unknown, message: string = UNEXPECTED): Error {
  return expected(error) ?? maskError(error, message);
}

/** Logs an error that a request met: as information when it is the caller's mistake. */
export function logError(error: unknown): void {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  log[expected(error) || original instanceof GraphQLError ? 'info' : 'error']({ err: original });
}

/** What is the caller's to know although it was thrown. */
function expected(error: unknown): GraphQLError | undefined {
  const original = error instanceof GraphQLError ? error.originalError : error;
  const code =
    original instanceof PothosValidationError
      ? 'BAD_USER_INPUT'
      : original instanceof StillWorkingError
        ? 'STILL_WORKING'
        : original instanceof OverloadedError
          ? 'OVERLOADED'
          : original instanceof FellBehindError
            ? 'FELL_BEHIND'
            : undefined;
  if (code === undefined || !(original instanceof Error)) return undefined;
  const { nodes, positions, path } = error instanceof GraphQLError ? error : {};
  return new GraphQLError(original.message, { nodes, positions, path, extensions: { code } });
}
