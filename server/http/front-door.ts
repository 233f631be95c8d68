import type { IncomingMessage, ServerResponse } from 'node:http';
import { log } from '../infra/log.ts';
import { answerWithGraphiql, wantsGraphiql } from './graphiql.ts';
import type { GraphQLTransport } from './graphql-transport.ts';
import { answerInText } from './plain-answer.ts';
import { requestIdOf } from './request-id.ts';
import { graphiqlHeaders, pageHeaders } from './security-headers.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers requests for pages and their files. */
export type Pages = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

type Parts = Readonly<{
  graphql: GraphQLTransport;
  pages: Pages;
  demo: boolean;
  /** Names that requests may be for, in lower case; undefined: any. */
  allowedHosts: readonly string[] | undefined;
  /** Whether the process can work: for `/readyz`. */
  ready: () => Promise<boolean>;
}>;

const API = '/graphql';

/** Makes the handler of all HTTP requests: the API, the probes, and the pages. What fails in it is a 500, and no more. */
export function makeHandler({ graphql, pages, demo, allowedHosts, ready }: Parts): Handler {
  const secure = pageHeaders(demo);
  const secureGraphiql = graphiqlHeaders();
  const isAllowed = (name: string) => !allowedHosts || allowedHosts.includes(name.toLowerCase());

  /** Answers what the API does not. */
  async function answerOther(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    (path === API ? secureGraphiql : secure)(request, response, noError);
    if (path === API) return answerWithGraphiql(response);
    if (path === '/livez') return answerInText(response, 200, 'ok', NOT_KEPT);
    if (path === '/readyz') return (await ready()) ? answerInText(response, 200, 'ok', NOT_KEPT) : notReady(response);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answerInText(response, 405, 'Only GET and HEAD.', { allow: 'GET, HEAD' });
    return pages(request, response, path);
  }

  function answer(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> | undefined {
    const path = pathOf(request.url);
    const name = nameOf(request.headers.host);
    if (path === API && name !== undefined && isAllowed(name) && !(demo && wantsGraphiql(request)))
      return graphql.answer(request, response, requestId);
    response.setHeader('x-request-id', requestId);
    if (name === undefined) answerInText(response, 400, 'The Host header is no host.');
    else if (!PROBES.has(path) && !isAllowed(name)) answerInText(response, 421, 'This store has another name.');
    else return answerOther(request, response, path);
    return undefined;
  }

  return (request, response) => {
    const requestId = requestIdOf(request);
    answer(request, response, requestId)?.catch((error: unknown) => {
      log.error({ requestId, err: error }, 'a request failed');
      if (response.headersSent) return void response.destroy();
      response.setHeader('x-request-id', requestId);
      answerInText(response, 500, `Something went wrong. The log has it as ${requestId}.`);
    });
  };
}

/** Who probes a process does so by its address. */
const PROBES = new Set(['/livez', '/readyz']);
const NOT_KEPT = { 'cache-control': 'no-store' };

const notReady = (response: ServerResponse) => answerInText(response, 503, 'not ready', NOT_KEPT);

/** A name or an IPv4 address, or an IPv6 address in brackets; and a port, perhaps. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

/** The name in a `Host` header; undefined when it has none. */
function nameOf(host = 'localhost'): string | undefined {
  return HOST.exec(host)?.[1];
}

/** Whatever was sent as a target has a path: not every one is a URL. */
const pathOf = (target = '/'): string => (target === API ? API : target.split(/[?#]/, 1)[0] || '/');

function noError(error?: unknown): void {
  if (error) throw error;
}
