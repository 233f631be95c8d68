import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptsHtml } from './accepted.ts';
import type { Pages } from './front-door.ts';
import { answerInText } from './plain-answer.ts';
import type { StaticFiles } from './static-files.ts';

const SHELL = '/index.html';
/** Which paths are pages, as the web client's build says: a list of patterns like `/orders/:id`. */
const ROUTES = '/routes.json';
/** Who has the address of an order may see it, so that no search engine shall. */
const SECRET = /^\/(orders|operator)(\/|$)/;

/**
 * Makes what answers for the web client: its files, its shell for each path that is a page, and 404 for any other path, as
 * a page for whoever wants one.
 */
export function servePages(files: StaticFiles): Pages {
  const patterns = (JSON.parse(files.read(ROUTES) ?? '[]') as string[]).map(patternOf);
  return async (request: IncomingMessage, response: ServerResponse, path: string) => {
    if (SECRET.test(path)) response.setHeader('x-robots-tag', 'noindex');
    if (patterns.some((pattern) => pattern.test(path))) return files.answer(request, response, SHELL);
    if (path !== SHELL && path !== ROUTES && files.has(path)) return files.answer(request, response, path);
    if (!acceptsHtml(request.headers.accept) || !files.has(SHELL)) return answerInText(response, 404, 'Not found.');
    response.writeHead(404, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    response.end(request.method === 'HEAD' ? undefined : files.read(SHELL));
  };
}

const patternOf = (route: string) => new RegExp(`^${route.replace(/:\w+/g, '[^/]+').replace(/\/$/, '')}/?$`);
