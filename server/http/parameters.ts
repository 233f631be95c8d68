import type { IncomingMessage } from 'node:http';
import type { GraphQLParams } from 'graphql-yoga';
import { badRequest } from '../graphql/public-errors.ts';

/** What a request asks for: a document, and what belongs to it. */
export type Parameters = GraphQLParams & { query: string };

const KNOWN = new Set(['query', 'variables', 'operationName', 'extensions']);

/**
 * Reads what a request asks for: from the body of a POST, or from the target of a GET. Throws a GraphQL error with status
 * 400 when that is not what the specification of GraphQL over HTTP has.
 */
export function parametersOf({ url }: IncomingMessage, body: string | undefined): Parameters {
  const given = body === undefined ? inTarget(url ?? '') : parsed(body, 'The body');
  if (Array.isArray(given)) throw badRequest('Batches are not supported: send one operation.');
  if (!isMap(given)) throw badRequest('The body must be a JSON object.');
  const { query, operationName, variables, extensions } = given;
  for (const name in given) if (!KNOWN.has(name)) throw badRequest('There is a parameter that is not known.');
  if (typeof query !== 'string' || query === '') throw badRequest('`query` must be a document.');
  if (operationName != null && typeof operationName !== 'string') throw badRequest('`operationName` must be a string.');
  if (variables != null && !isMap(variables)) throw badRequest('`variables` must be an object.');
  if (extensions != null && !isMap(extensions)) throw badRequest('`extensions` must be an object.');
  return { query, operationName, variables, extensions } as Parameters;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function inTarget(target: string): Record<string, unknown> {
  const mark = target.indexOf('?');
  const given = new URLSearchParams(mark < 0 ? '' : target.slice(mark));
  const { variables, extensions, ...texts } = Object.fromEntries([...given].filter(([, value]) => value !== ''));
  return {
    ...texts,
    ...(variables !== undefined && { variables: parsed(variables, '`variables`') }),
    ...(extensions !== undefined && { extensions: parsed(extensions, '`extensions`') }),
  };
}

function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw badRequest(`${what} must be JSON.`);
  }
}
