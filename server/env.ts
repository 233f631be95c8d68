import { z } from 'zod';
import { parseAddress } from './infra/hosts.ts';

/** The configuration is unusable; the message names every variable that is wrong, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const url = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must start with postgresql://')
  .superRefine((text, context) => {
    try {
      parseAddress(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

const schema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: whole(0, 65_535).default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  LISTEN_FD: whole(3, 1_000).optional(),
  WORKERS: whole(1, 64).default(1),
  DATABASE_URL: url.optional(),
  DIRECT_DATABASE_URL: url.optional(),
  DATABASE_POOL: whole(2, 200).default(10),
  ENGINE_POOL: whole(2, 200).default(10),
  GROUP_COMMIT: z.enum(['on', 'off']).default('on'),
  GROUP_POOL: whole(1, 50).default(4),
  LEASE_SECONDS: z.coerce.number().min(1).max(300).default(10),
  DATA_DIR: z.string().min(1).default('.data'),
  PAYMENT_WINDOW_SECONDS: z.coerce.number().positive().max(604_800).default(60),
  DISPATCH_STEPS: whole(1, 1000).default(10),
  DISPATCH_STEP_MS: whole(1, 86_400_000).default(1000),
  WORKFLOW_RETENTION_HOURS: z.coerce.number().positive().max(87_600).default(72),
  OPERATOR_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 characters of ASCII, without spaces')
    .optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
});

/** The names of all variables that are read. */
export const variables: readonly string[] = Object.keys(schema.shape);

/** The configuration of a process, read once at its start and passed on by value. */
export type Env = Readonly<{
  /** Open operator fields, the crash button, the sandbox payment page and GraphiQL. */
  demo: boolean;
  port: number;
  host: string;
  /** The file descriptor of an open socket to listen on, instead of a host and port of one's own. */
  listenFd: number | undefined;
  /** How many server processes `npm start` runs behind the port. */
  workers: number;
  /** Not set: `npm start` runs an embedded PostgreSQL in `dataDir`. */
  databaseUrl: string | undefined;
  /** The same database without a pooler in between, for sessions that have to last; not set: `databaseUrl`. */
  directDatabaseUrl: string | undefined;
  /** Connections for the API and the steps; the engine has `enginePool` more. */
  databasePool: number;
  enginePool: number;
  /** Steps of many orders share their commits. `groupPool`: connections for that. */
  groupCommit: boolean;
  groupPool: number;
  /** How long a process that hangs or is cut off keeps its workflows to itself. */
  leaseMs: number;
  dataDir: string;
  paymentWindowMs: number;
  dispatchSteps: number;
  dispatchStepMs: number;
  /** How long the engine's records of finished workflows are kept. */
  workflowRetentionMs: number;
  operatorToken: string | undefined;
  logLevel: string;
}>;

/** Reads and checks the environment. An empty variable counts as not set. Throws ConfigError. */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`);
  const demo = (given.NODE_ENV ?? 'development') !== 'production';
  if (!demo)
    for (const name of ['DATABASE_URL', 'OPERATOR_TOKEN'])
      if (given[name] === undefined) problems.push(`${name}: must be set when NODE_ENV=production`);
  if (given.DIRECT_DATABASE_URL !== undefined && given.DATABASE_URL === undefined)
    problems.push('DIRECT_DATABASE_URL: only beside DATABASE_URL');
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join('\n'));
  const env = parsed.data;
  return {
    demo,
    port: env.PORT,
    host: env.HOST,
    listenFd: env.LISTEN_FD,
    workers: env.WORKERS,
    databaseUrl: env.DATABASE_URL,
    directDatabaseUrl: env.DIRECT_DATABASE_URL,
    databasePool: env.DATABASE_POOL,
    enginePool: env.ENGINE_POOL,
    groupCommit: env.GROUP_COMMIT === 'on',
    groupPool: env.GROUP_POOL,
    leaseMs: Math.round(env.LEASE_SECONDS * 1000),
    dataDir: env.DATA_DIR,
    paymentWindowMs: Math.round(env.PAYMENT_WINDOW_SECONDS * 1000),
    dispatchSteps: env.DISPATCH_STEPS,
    dispatchStepMs: env.DISPATCH_STEP_MS,
    workflowRetentionMs: Math.round(env.WORKFLOW_RETENTION_HOURS * 3_600_000),
    operatorToken: env.OPERATOR_TOKEN,
    logLevel: env.LOG_LEVEL ?? (demo ? 'warn' : 'info'),
  };
}
