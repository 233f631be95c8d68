import { existsSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { join } from 'node:path';
import helmet from 'helmet';
import sirv, { type RequestHandler } from 'sirv';
import type { Lanes } from './graphql/lanes.ts';
import type { Api } from './graphql/yoga.ts';
import { log } from './infra/log.ts';
import { root } from './infra/root.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A year. */
const HTTPS_FOR_S = 31_536_000;

type Parts = Readonly<{
  api: Api;
  lanes: Lanes;
  demo: boolean;
  /** Whether the process can work: for `/readyz`. */
  ready: () => Promise<boolean>;
}>;

/** Makes the handler of all HTTP requests: the API, the probes, and the pages. */
export function makeHandler({ api, lanes, demo, ready }: Parts): Handler {
  const pages = servePages(join(root, 'dist/web'));
  const [secure, secureGraphiql] = securityHeaders(demo);
  const rest: Handler = (request, response) => {
    const path = pathOf(request.url);
    const isApi = path === api.graphqlEndpoint;
    (isApi && demo ? secureGraphiql : secure)(request, response, () => {
      if (isApi) void api.handle(request, response);
      else if (path === '/livez') response.end('ok');
      else if (path === '/readyz') void ready().then((yes) => say(response, yes ? 200 : 503, yes ? 'ok' : 'not ready'));
      else if (request.method !== 'GET' && request.method !== 'HEAD') say(response, 405, 'Only GET and HEAD.');
      else pages(request, response, () => say(response, 404, 'Not found.'));
    });
  };
  return (request, response) => {
    if (!lanes.takes(request)) return rest(request, response);
    lanes.answer(request, response, rest).catch((error: Error) => {
      log.warn({ error: error.message }, 'a request was not answered');
      response.destroy();
    });
  };
}

/** Of the security headers, those that an answer of JSON and a stream of events need. */
export function headersOfAnswers(demo: boolean): OutgoingHttpHeaders {
  const headers = { 'x-content-type-options': 'nosniff' };
  return demo ? headers : { ...headers, 'strict-transport-security': `max-age=${HTTPS_FOR_S}; includeSubDomains` };
}

function securityHeaders(demo: boolean) {
  const hsts = demo ? false : { maxAge: HTTPS_FOR_S };
  const secure = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } }, hsts });
  // GraphiQL is one page with its script and styles inside.
  const scriptSrc = ["'self'", "'unsafe-inline'", "'unsafe-eval'", 'blob:'];
  const styleSrc = ["'self'", "'unsafe-inline'"];
  const directives = { scriptSrc, styleSrc, workerSrc: ["'self'", 'blob:'], upgradeInsecureRequests: null };
  return [secure, helmet({ contentSecurityPolicy: { directives }, hsts })] as const;
}

/** Whatever was sent as a target has a path: not every one is a URL. */
function pathOf(target = '/'): string {
  return target.split(/[?#]/, 1)[0] || '/';
}

function say(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(message);
}

/** Serves the built pages: any address that is not an asset's is a page's. Nothing, where they are not built. */
function servePages(folder: string): RequestHandler {
  if (!existsSync(folder)) return (_request, _response, next) => next?.();
  const assets = sirv(folder, { etag: true, setHeaders: cacheForever });
  const pages = sirv(folder, { etag: true, single: true, ignores: false });
  return (request, response, next) => (request.url?.startsWith('/assets/') ? assets : pages)(request, response, next);
}

/** Assets carry their hash in their name. */
function cacheForever(response: ServerResponse): void {
  response.setHeader('cache-control', 'public, max-age=31536000, immutable');
}
