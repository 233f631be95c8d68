import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

const JSON_TYPES = ['application/json', 'application/graphql-response+json'] as const;
const STREAM_TYPE = 'text/event-stream';

/** What a client takes for an answer. */
export type Accepted = Readonly<{
  /** The media type for one result; undefined when none will do. */
  json: (typeof JSON_TYPES)[number] | undefined;
  /** Whether a stream of server-sent events will do. */
  stream: boolean;
}>;

/** Clients send few different headers, again and again. */
const known = new LRUCache<string, Accepted>({ max: 200 });

/** Reads an `Accept` header by RFC 9110; without one anything will do. */
export function acceptedBy(header = '*/*'): Accepted {
  const before = known.get(header);
  if (before) return before;
  // Answers are UTF-8 whatever the client says of it, and a parameter would keep the types from matching.
  const accept = header.toLowerCase().replace(/;\s*charset\s*=\s*("?)utf-8\1/g, '');
  const negotiator = new Negotiator({ headers: { accept } });
  const [json] = negotiator.mediaTypes([...JSON_TYPES]) as (typeof JSON_TYPES)[number][];
  const accepted = { json, stream: negotiator.mediaTypes([STREAM_TYPE]).length > 0 };
  known.set(header, accepted);
  return accepted;
}

/** Whether a client asks for a page, by name: a browser does. */
export const acceptsHtml = (header = ''): boolean => /(^|[\s,])text\/html\s*(;|,|$)/i.test(header);
