import { PothosValidationError } from '@pothos/core';
import { type ExecutionResult, GraphQLError, type GraphQLErrorExtensions, Kind } from 'graphql';
import type { GraphQLHTTPExtensions } from 'graphql-yoga';
import { NotRunningError } from '../infra/database.ts';
import { databaseFailure } from '../infra/database-errors.ts';
import { log } from '../infra/log.ts';
import { logBudget } from '../infra/log-budget.ts';
import { OverloadedError, StillWorkingError } from '../infra/patience.ts';
import { FellBehindError } from '../orders/orders.events.ts';
import { ERROR_CODES, type ErrorCode, isErrorCode, type Meaning } from './error-codes.ts';

const UNEXPECTED = 'Unexpected error.';
const UNAVAILABLE = 'The store cannot reach its database just now. Nothing was changed; try again in a while.';
const ENDING = 'This process ends: another one goes on.';
/** A message of graphql-js can have all in it that a client sent. */
const MESSAGE_LENGTH = 1_000;
/** Errors whose messages have something of the request in them: of a checkout's key, perhaps, which is a secret. */
const NOT_LOGGED = new Set(['BAD_USER_INPUT', 'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED']);

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
  else if (logBudget.allows()) logRefusal(requestId, code, messageOf(original));
  const { retryable, status }: Meaning = isErrorCode(code) ? ERROR_CODES[code] : { retryable: false };
  return new GraphQLError(message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)}…` : message, {
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

function logRefusal(requestId: string, code: string, error: string): void {
  if (code === 'UNAVAILABLE') log.warn({ requestId, code, error }, 'the database is away');
  else log.info(NOT_LOGGED.has(code) ? { requestId, code } : { requestId, code, error }, 'a request was refused');
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
  if (original instanceof NotRunningError) return { code: 'UNAVAILABLE', message: ENDING };
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
