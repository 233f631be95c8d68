import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Env } from './env.ts';
import { type ApiPlugin, makeApi } from './graphql/api.ts';
import type { Caller, Context } from './graphql/builder.ts';
import type { ListSizes } from './graphql/plugins/measure.ts';
import { makeSchema } from './graphql/schema.ts';
import { callers } from './http/caller.ts';
import { clientsBehind } from './http/client.ts';
import { type Handler, makeHandler } from './http/front-door.ts';
import { type ContextOf, GraphQLTransport } from './http/graphql-transport.ts';
import { servePages } from './http/pages.ts';
import { answerHeaders } from './http/security-headers.ts';
import { StaticFiles } from './http/static-files.ts';
import { OperatorTokens } from './http/tokens.ts';
import { openDatabase, setDatabase } from './infra/database.ts';
import { startEngine, stopEngine } from './infra/engine.ts';
import { setGroupCommit } from './infra/fast/current.ts';
import { startGroupCommit } from './infra/fast/start.ts';
import { Lease } from './infra/lease.ts';
import { live } from './infra/live/live.ts';
import { root } from './infra/root.ts';
import { Quotas } from './limits/quotas.ts';
import { schedulePruning } from './operations/retention.commands.ts';

/** The store in one process, running: its API, and the handler of all HTTP requests. Nothing listens yet. */
export type App = Readonly<{
  executorId: string;
  handle: Handler;
  /** Makes `/readyz` fail, so that a load balancer sends nobody here any more. */
  drain: () => void;
  /** Stops everything. Orders that are under way stay as recorded; another process goes on with them. */
  stop: () => Promise<void>;
}>;

/** More would keep the store's own pages from asking for the history of an order. */
const MOST_EVENTS_MEASURED = 200;

/** An order has an event for each step of its dispatch, and three before these; its workflow has about as many steps. */
function eventsOf(dispatchSteps: number): ListSizes {
  const events = Math.min(dispatchSteps + 3, MOST_EVENTS_MEASURED);
  return { 'Order.events': events, 'WorkflowRun.steps': events };
}

/** How long the database may take to answer a probe. */
const READY_MS = 1_000;

/** Starts the store on a database that is migrated. `plugins`: a shop's own, for the API. */
export async function startApp(env: Env, databaseUrl: string, plugins: readonly ApiPlugin[] = []): Promise<App> {
  const executorId = `exec-${randomBytes(6).toString('hex')}`;
  const startedAt = new Date();
  const database = openDatabase(databaseUrl, env.databasePool);
  setDatabase(database);
  // LISTEN, session locks and prepared statements need sessions that last.
  const direct = env.directDatabaseUrl ?? databaseUrl;
  const lease = new Lease(direct, executorId, env.leaseMs);
  await Promise.all([live.start(direct), lease.take()]);
  await startEngine(databaseUrl, executorId, env.enginePool, env.leaseMs);
  const group = await startGroupCommit(direct, env.groupPool, env.leaseMs);
  await lease.startAdopting();
  await schedulePruning({ retentionMs: env.workflowRetentionMs });

  const { paymentWindowMs, dispatchSteps, dispatchStepMs, demo, limits } = env;
  const terms = { paymentWindowMs, dispatchSteps, dispatchStepMs, unitsPerOrder: limits.unitsPerOrder };
  const schema = makeSchema({ demo });
  const api = makeApi({
    schema,
    limits: limits.operation,
    listSizes: eventsOf(dispatchSteps),
    databaseAnswers: (ms) => lease.answers(ms),
    plugins,
  });
  const tokens = new OperatorTokens(env.operatorTokens);
  const callerOf = callers({ clientOf: clientsBehind(env.trustedProxies), tokens, quotas: new Quotas(limits.client) });
  const withCaller = (caller: Caller): Context => {
    const operator = demo || caller.scope !== '';
    return { caller, operator, demo, executorId, startedAt, terms };
  };
  const contextOf: ContextOf = (request, requestId) => {
    const caller = callerOf(request, requestId);
    return caller instanceof Promise ? caller.then(withCaller) : withCaller(caller);
  };
  const graphql = new GraphQLTransport({ api, plugins, contextOf, limits: limits.http, headers: answerHeaders(demo) });
  const pages = servePages(new StaticFiles(join(root, 'dist/web')));

  let draining = false;
  const ready = async () => !draining && live.listening && (await lease.answers(READY_MS));
  return {
    executorId,
    handle: makeHandler({ graphql, pages, demo, allowedHosts: env.allowedHosts, ready }),
    drain: () => {
      draining = true;
    },
    stop: async () => {
      draining = true;
      await stopEngine();
      setGroupCommit(undefined);
      await group.close();
      // First of all that is left: the others can go on with the workflows from here on.
      await lease.release();
      await live.stop();
      setDatabase(undefined);
      await database.$disconnect();
    },
  };
}
