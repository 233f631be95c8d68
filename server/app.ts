import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import helmet from 'helmet';
import sirv, { type RequestHandler } from 'sirv';
import type { Env } from './env.ts';
import { type Api, makeApi } from './graphql/yoga.ts';
import { currentDatabase, openDatabase, setDatabase } from './infra/database.ts';
import { startEngine, stopEngine } from './infra/engine.ts';
import { Lease } from './infra/lease.ts';
import { live } from './infra/live/live.ts';
import { root } from './infra/root.ts';

/** The store in one process, running: its API, and the handler of all HTTP requests. Nothing listens yet. */
export type App = Readonly<{
  api: Api;
  executorId: string;
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Makes `/readyz` fail, so that a load balancer sends nobody here any more. */
  drain: () => void;
  /** Stops everything. Orders that are under way stay as recorded; another process goes on with them. */
  stop: () => Promise<void>;
}>;

/** Starts the store on a database that is migrated. */
export async function startApp(env: Env, databaseUrl: string): Promise<App> {
  const executorId = `exec-${randomBytes(6).toString('hex')}`;
  const startedAt = new Date();
  const database = openDatabase(databaseUrl, env.databasePool);
  setDatabase(database);
  const lease = new Lease(databaseUrl, executorId);
  await Promise.all([live.start(databaseUrl), lease.take()]);
  await startEngine(databaseUrl, executorId, env.enginePool);
  await lease.startAdopting();

  const { paymentWindowMs, dispatchSteps, dispatchStepMs } = env;
  const terms = { paymentWindowMs, dispatchSteps, dispatchStepMs };
  const api = makeApi(env.demo, (request) => ({
    operator: env.demo || bears(request, env.operatorToken),
    demo: env.demo,
    executorId,
    startedAt,
    terms,
  }));

  let draining = false;
  const ready = async () => !draining && live.listening && (await answers());
  return {
    api,
    executorId,
    handle: handler(api, env, ready),
    drain: () => {
      draining = true;
    },
    stop: async () => {
      draining = true;
      await stopEngine();
      await live.stop();
      await lease.release();
      setDatabase(undefined);
      await database.$disconnect();
    },
  };
}

function handler(api: Api, env: Env, ready: () => Promise<boolean>): App['handle'] {
  const pages = servePages(join(root, 'dist/web'));
  const secure = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } }, hsts: !env.demo });
  // GraphiQL is one page with its script and styles inside.
  const secureGraphiql = helmet({
    contentSecurityPolicy: {
      directives: {
        scriptSrc: ["'self'", "'unsafe-inline'", "'unsafe-eval'", 'blob:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        workerSrc: ["'self'", 'blob:'],
        upgradeInsecureRequests: null,
      },
    },
    hsts: !env.demo,
  });
  return (request, response) => {
    const path = pathOf(request.url);
    const isApi = path === api.graphqlEndpoint;
    (isApi && env.demo ? secureGraphiql : secure)(request, response, () => {
      if (isApi) void api.handle(request, response);
      else if (path === '/livez') response.end('ok');
      else if (path === '/readyz') void ready().then((yes) => say(response, yes ? 200 : 503, yes ? 'ok' : 'not ready'));
      else if (request.method !== 'GET' && request.method !== 'HEAD') say(response, 405, 'Only GET and HEAD.');
      else pages(request, response, () => say(response, 404, 'Not found.'));
    });
  };
}

/** Whatever was sent as a target has a path: not every one is a URL. */
function pathOf(target = '/'): string {
  return target.split(/[?#]/, 1)[0] || '/';
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
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

/** Compares in constant time, whatever the lengths. */
function bears(request: Request, token: string | undefined): boolean {
  const [scheme, given] = request.headers.get('authorization')?.split(' ') ?? [];
  if (token === undefined || given === undefined || scheme?.toLowerCase() !== 'bearer') return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

async function answers(): Promise<boolean> {
  try {
    await currentDatabase().$queryRaw`SELECT 1`;
    return true;
  } catch {
    return false;
  }
}
