import { PothosValidationError } from '@pothos/core';
import { type ExecutionResult, GraphQLError, type GraphQLErrorExtensions, Kind } from 'graphql';
import type { GraphQLHTTPExtensions } from 'graphql-yoga';
import { databaseFailure } from '../infra/database-errors.ts';
import { log } from '../infra/log.ts';
import { OverloadedError, StillWorkingError } from '../infra/patience.ts';
import { FellBehindError } from '../orders/orders.events.ts';
import { ERROR_CODES, type ErrorCode, isErrorCode, type Meaning } from './error-codes.ts';
import { logBudget } from './log-budget.ts';

const UNEXPECTED = 'Unexpected error.';
const UNAVAILABLE = 'The store cannot reach its database just now. Nothing was changed; try again in a while.';
/** What a client sent may be in a message; the log takes this much of it. */
const LOGGED_LENGTH = 300;

/** Makes the error of a request that cannot be understood. */
export function badRequest(message: string): GraphQLError {
  return codedError('BAD_REQUEST', message);
}

/** Makes an error of the API's own: its code, and the HTTP status and headers that it asks for. */
export function codedError(code: ErrorCode, message: string, more: GraphQLErrorExtensions = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...more } });
}

/**
 * Makes of an error what its caller may know, and logs it under the request's id: its code, whether it may be tried
 * again, and the id. What was not meant for a caller is told as an unexpected error, and is an alarm in the log.
 */
export function publicError(error: unknown, requestId: string): GraphQLError {
  const original = originalOf(error);
  const { code, message, http, ...extensions } = classified(error, original);
  const { nodes, source, positions, path } = error instanceof GraphQLError ? error : {};
  if (code === 'INTERNAL_SERVER_ERROR') log.error({ requestId, code, err: original }, 'a request failed');
  else if (code === 'UNAVAILABLE') log.warn({ requestId, code, error: messageOf(original) }, 'the database is away');
  else if (logBudget.allows()) log.info({ requestId, code, error: messageOf(original).slice(0, LOGGED_LENGTH) });
  const { retryable, status }: Meaning = isErrorCode(code) ? ERROR_CODES[code] : { retryable: false };
  return new GraphQLError(message, {
    nodes,
    source,
    positions,
    path,
    extensions: {
      ...extensions,
      code,
      retryable,
      requestId,
      http: status === undefined ? http : ofStatus(status, http),
    },
  });
}

/** Makes of each error of a result what its caller may know. */
export function publicResult(result: ExecutionResult, requestId: string): ExecutionResult {
  const { errors } = result;
  return errors ? { ...result, errors: errors.map((error) => publicError(error, requestId)) } : result;
}

/** Who gets a 503 is told when to come again. */
const RETRY_AFTER_S = 1;

function ofStatus(status: number, { headers, ...http }: GraphQLHTTPExtensions = {}): GraphQLHTTPExtensions {
  const retryAfter = status === 503 && { 'retry-after': String(RETRY_AFTER_S) };
  return { status: http.status ?? status, headers: { ...retryAfter, ...headers } };
}

/** `http`: as Yoga and its plugins have it, for the transport; never told to the caller. */
type Classified = { code: string; message: string; http?: GraphQLHTTPExtensions };

/** By the specification of GraphQL over HTTP, 400 for clients that accept its own media type, and 200 for others. */
const OF_THE_DOCUMENT: GraphQLHTTPExtensions = { status: 400, spec: true };

function classified(error: unknown, original: unknown): Classified {
  if (original instanceof PothosValidationError) return { code: 'BAD_USER_INPUT', message: original.message };
  if (original instanceof StillWorkingError) return { code: 'STILL_WORKING', message: original.message };
  if (original instanceof OverloadedError) return { code: 'OVERLOADED', message: original.message };
  if (original instanceof FellBehindError) return { code: 'FELL_BEHIND', message: original.message };
  if (original instanceof GraphQLError) {
    const { code, ...extensions } = original.extensions;
    // Yoga has no code of its own for a change that is asked for by a link.
    const isWrongMethod = (extensions.http as GraphQLHTTPExtensions | undefined)?.status === 405;
    if (typeof code === 'string')
      return { ...extensions, code: isWrongMethod ? 'METHOD_NOT_ALLOWED' : code, message: original.message };
    // By graphql-js: of what came with the document, of a place in it, or of a value that we gave it.
    const { path, message } = error as GraphQLError;
    if (path === undefined) return { code: 'BAD_USER_INPUT', message, http: OF_THE_DOCUMENT };
    // An error of a field, and not of a value in the document, is a fault of the resolvers.
    if (original.nodes && original.nodes[0]?.kind !== Kind.FIELD) return { code: 'BAD_USER_INPUT', message };
  }
  if (databaseFailure(original).retriable) return { code: 'UNAVAILABLE', message: UNAVAILABLE };
  return { code: 'INTERNAL_SERVER_ERROR', message: UNEXPECTED };
}

/** What was thrown: graphql-js wraps it, with the place where it happened. */
function originalOf(error: unknown): unknown {
  let original = error;
  while (original instanceof GraphQLError && original.originalError) original = original.originalError;
  return original;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
