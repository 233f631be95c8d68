import type { OutgoingHttpHeaders } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { GraphQLHTTPExtensions } from 'graphql-yoga';

const NOTHING: GraphQLHTTPExtensions = {};
const NO_HEADERS: OutgoingHttpHeaders = {};

const httpOf = ({ extensions }: Pick<GraphQLError, 'extensions'>): GraphQLHTTPExtensions =>
  (extensions.http as GraphQLHTTPExtensions | undefined) ?? NOTHING;

/**
 * Writes a result as JSON, with the HTTP status and the headers that its errors ask for. The status is 200 where anything
 * was answered. `type`: the media type of the answer; undefined for a stream.
 */
export function answerOf(
  { errors, data, extensions }: ExecutionResult,
  type: string | undefined,
): { status: number; headers: OutgoingHttpHeaders; json: string } {
  if (!errors) return { status: 200, headers: NO_HEADERS, json: JSON.stringify({ data, extensions }) };
  const https = errors.map(httpOf);
  const isAnswered = data != null && Object.values(data).some((value) => value !== null);
  const statuses = https.filter(({ spec }) => !spec || type === 'application/graphql-response+json');
  return {
    status: isAnswered ? 200 : Math.max(200, ...statuses.map(({ status = 200 }) => status)),
    headers: headersOf(https),
    json: JSON.stringify({ errors: errors.map(withoutHttp), data, extensions }),
  };
}

/** The headers of all errors together; who is to wait for several of them waits for the longest. */
function headersOf(https: readonly GraphQLHTTPExtensions[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.assign({}, ...https.map((http) => http.headers));
  const waits = https.flatMap((http) => http.headers?.['retry-after'] ?? []);
  if (waits.length > 1) headers['retry-after'] = String(Math.max(...waits.map(Number)));
  return headers;
}

function withoutHttp(error: GraphQLError): object {
  const { http: _, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions };
}

/** One and the same result, told to many readers, is written once. */
const written = new WeakMap<ExecutionResult, Buffer>();

/** Writes a result as an event of a stream. */
export function eventOf(result: ExecutionResult): Buffer {
  let event = written.get(result);
  if (!event) {
    event = Buffer.from(`event: next\ndata: ${answerOf(result, undefined).json}\n\n`);
    written.set(result, event);
  }
  return event;
}
