import type { ExecutionResult, GraphQLError } from 'graphql';
import { logError, masked } from './masking.ts';

/** What extensions tell the server alone. */
type Internals = { http?: { status?: number }; unexpected?: boolean };

/** Writes a result as JSON, its errors logged and masked, with the HTTP status that they ask for. */
export function answerOf(result: ExecutionResult): { status: number; json: string } {
  let status = 200;
  const errors = result.errors?.map((error) => {
    logError(error);
    const shown = masked(error) as GraphQLError;
    const { http, unexpected: _, ...extensions } = shown.extensions as Internals;
    status = Math.max(status, http?.status ?? 0);
    return { ...shown.toJSON(), extensions: Object.keys(extensions).length > 0 ? extensions : undefined };
  });
  return { status, json: JSON.stringify({ ...(errors && { errors }), data: result.data }) };
}
