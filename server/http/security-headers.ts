import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** A year. */
const HTTPS_FOR_S = 31_536_000;

type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Makes what sets the headers for pages: they load nothing from elsewhere, and are shown in no other site's frame. */
export function pageHeaders(demo: boolean): Middleware {
  return secure(demo, { scriptSrc: ["'self'"], styleSrc: ["'self'"] });
}

/** The same for GraphiQL, which is one page with its script and styles inside. */
export function graphiqlHeaders(): Middleware {
  return secure(true, {
    scriptSrc: ["'self'", "'unsafe-inline'", "'unsafe-eval'", 'blob:'],
    styleSrc: ["'self'", "'unsafe-inline'"],
    workerSrc: ["'self'", 'blob:'],
  });
}

function secure(demo: boolean, sources: Record<string, string[]>): Middleware {
  const directives = {
    defaultSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'", 'data:'],
    objectSrc: ["'none'"],
    baseUri: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    ...sources,
  };
  const contentSecurityPolicy = { useDefaults: false, directives };
  return helmet({
    contentSecurityPolicy,
    hsts: demo ? false : { maxAge: HTTPS_FOR_S },
    xFrameOptions: { action: 'deny' },
  });
}

/** Of the headers for pages, those that an answer of the API needs; and that nobody keeps it. */
export function answerHeaders(demo: boolean): OutgoingHttpHeaders {
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  return demo ? headers : { ...headers, 'strict-transport-security': `max-age=${HTTPS_FOR_S}; includeSubDomains` };
}
