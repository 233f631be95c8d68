import { ERROR_CODES, isErrorCode } from '../../server/graphql/error-codes.ts';

/** What nobody is to be told: where the code lies, and what it is made of. */
const LEAKS =
  /(?:\n|\\n)\s+at .+:\d+:\d+|node_modules|\/server\/\w+\/|Prisma|invocation in|DBOS\.|SELECT |pg_catalog|\bSQLSTATE\b/;
/** An answer that means: not now. */
const BUSY = new Set(['OVERLOADED', 'TIMEOUT']);

export type Answer = { status: number; headers: { get(name: string): string | null }; text: string };

type ErrorShape = { message?: unknown; extensions?: { code?: unknown; retryable?: unknown; requestId?: unknown } };

/** Tells what is wrong with an answer of the API; undefined when nothing is. */
export function problemOf({ status, headers, text }: Answer): string | undefined {
  if (LEAKS.test(text)) return `it tells what is inside: ${text.slice(0, 300)}`;
  const results = headers.get('content-type')?.startsWith('text/event-stream') ? eventsIn(text) : [text];
  for (const result of results) {
    const errors = errorsIn(result);
    if (errors === undefined) return `it is no JSON: ${result.slice(0, 200)}`;
    for (const error of errors) {
      const problem = problemOfError(error, headers.get('x-request-id'));
      if (problem) return `${problem}: ${result.slice(0, 300)}`;
    }
    const codes = errors.map(({ extensions }) => String(extensions?.code));
    if (status >= 500 && !codes.every((code) => BUSY.has(code))) return `${status}: ${result.slice(0, 300)}`;
    if (status >= 400 && errors.length === 0) return `${status} without an error: ${result.slice(0, 200)}`;
  }
  return undefined;
}

function problemOfError({ message, extensions = {} }: ErrorShape, requestId: string | null): string | undefined {
  const { code, retryable } = extensions;
  if (typeof message !== 'string' || message === '') return 'an error without a message';
  if (!isErrorCode(code)) return `an error with the code ${String(code)}`;
  if (code === 'INTERNAL_SERVER_ERROR') return 'an unexpected error';
  if (retryable !== ERROR_CODES[code].retryable) return `${code} is said to be retryable: ${String(retryable)}`;
  if (extensions.requestId !== requestId) return `an error with the id ${String(extensions.requestId)}`;
  return undefined;
}

const eventsIn = (text: string) => [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => data!);

function errorsIn(result: string): ErrorShape[] | undefined {
  try {
    return (JSON.parse(result) as { errors?: ErrorShape[] }).errors ?? [];
  } catch {
    return undefined;
  }
}

/** Tells what is wrong with what came for bytes that may be no request at all. */
export function problemOfBytes(text: string): string | undefined {
  if (LEAKS.test(text)) return `it tells what is inside: ${text.slice(0, 300)}`;
  const [, status] = /HTTP\/1\.1 (5\d\d)/.exec(text) ?? [];
  return status !== undefined && status !== '503' ? `${status}: ${text.slice(0, 400)}` : undefined;
}
