import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Env } from './env.ts';
import { Lanes } from './graphql/lanes.ts';
import { makeSchema } from './graphql/schema.ts';
import { type Api, type ContextOf, makeApi } from './graphql/yoga.ts';
import { type Handler, headersOfAnswers, makeHandler } from './http.ts';
import { currentDatabase, openDatabase, setDatabase } from './infra/database.ts';
import { startEngine, stopEngine } from './infra/engine.ts';
import { setGroupCommit } from './infra/fast/current.ts';
import { startGroupCommit } from './infra/fast/start.ts';
import { Lease } from './infra/lease.ts';
import { live } from './infra/live/live.ts';
import { schedulePruning } from './operations/retention.commands.ts';

/** The store in one process, running: its API, and the handler of all HTTP requests. Nothing listens yet. */
export type App = Readonly<{
  api: Api;
  executorId: string;
  handle: Handler;
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
  // LISTEN, session locks and prepared statements need sessions that last.
  const direct = env.directDatabaseUrl ?? databaseUrl;
  const lease = new Lease(direct, executorId, env.leaseMs);
  await Promise.all([live.start(direct), lease.take()]);
  await startEngine(databaseUrl, executorId, env.enginePool, env.leaseMs);
  const group = env.groupCommit ? await startGroupCommit(direct, env.groupPool, env.leaseMs) : undefined;
  await lease.startAdopting();
  await schedulePruning({ retentionMs: env.workflowRetentionMs });

  const { paymentWindowMs, dispatchSteps, dispatchStepMs } = env;
  const terms = { paymentWindowMs, dispatchSteps, dispatchStepMs };
  const schema = makeSchema({ demo: env.demo });
  const bearsToken = bearerOf(env.operatorToken);
  const contextOf: ContextOf = (authorization) => ({
    operator: env.demo || bearsToken(authorization),
    demo: env.demo,
    executorId,
    startedAt,
    terms,
  });
  const api = makeApi(schema, env.demo, contextOf);
  const lanes = new Lanes(schema, api.graphqlEndpoint, contextOf, headersOfAnswers(env.demo));

  let draining = false;
  const ready = async () => !draining && live.listening && (await answers());
  return {
    api,
    executorId,
    handle: makeHandler({ api, lanes, demo: env.demo, ready }),
    drain: () => {
      draining = true;
    },
    stop: async () => {
      draining = true;
      await stopEngine();
      setGroupCommit(undefined);
      await group?.close();
      // First of all that is left: the others can go on with the workflows from here on.
      await lease.release();
      await live.stop();
      setDatabase(undefined);
      await database.$disconnect();
    },
  };
}

/** Makes what tells whether a header bears a token: in a time that depends on nothing of the token but its length. */
function bearerOf(token: string | undefined): (authorization: string | null) => boolean {
  const expected = token === undefined ? undefined : Buffer.from(token);
  return (authorization) => {
    const [scheme, text] = authorization?.split(' ') ?? [];
    if (expected === undefined || text === undefined || scheme?.toLowerCase() !== 'bearer') return false;
    const given = Buffer.from(text);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

async function answers(): Promise<boolean> {
  try {
    await currentDatabase().$queryRaw`SELECT 1`;
    return true;
  } catch {
    return false;
  }
}
