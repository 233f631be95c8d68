import { z } from 'zod';
import { readTrustedProxies, type TrustedProxies } from './http/client.ts';
import { isThisMachine, parseAddress } from './infra/hosts.ts';
import { type Limits, limitsOf, limitVariables } from './limits/config.ts';

/** The configuration is unusable; the message names every variable that is wrong, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
/** Takes what can be read; the message is that of the error. */
const readable = (read: (text: string) => unknown) => (text: string, context: z.RefinementCtx) => {
  try {
    read(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
};
const url = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must start with postgresql://')
  .superRefine(readable(parseAddress));

/** As RFC 6750 has them. The fewer different characters, the less was left to chance. */
const TOKEN = /^[\w.~+/-]{32,}=*$/;
const LEAST_DIFFERENT = 10;
const tokens = z
  .string()
  .transform((text) => text.split(','))
  .refine(
    (list) => list.length <= 2 && list.every((token) => TOKEN.test(token) && new Set(token).size >= LEAST_DIFFERENT),
    'must be a random text of at least 32 letters, digits and -._~+/, or two of these with a comma between',
  );

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  DEMO: z.enum(['on', 'off']).optional(),
  PORT: whole(0, 65_535).default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  LISTEN_FD: whole(3, 1_000).optional(),
  WORKERS: whole(1, 64).default(1),
  DATABASE_URL: url.optional(),
  DIRECT_DATABASE_URL: url.optional(),
  DATABASE_POOL: whole(2, 200).default(10),
  ENGINE_POOL: whole(2, 200).default(10),
  GROUP_POOL: whole(1, 50).default(4),
  LEASE_SECONDS: z.coerce.number().min(1).max(300).default(10),
  DATA_DIR: z.string().min(1).default('.data'),
  PAYMENT_WINDOW_SECONDS: z.coerce.number().positive().max(604_800).default(60),
  DISPATCH_STEPS: whole(1, 1000).default(10),
  DISPATCH_STEP_MS: whole(1, 86_400_000).default(1000),
  WORKFLOW_RETENTION_HOURS: z.coerce.number().positive().max(87_600).default(72),
  OPERATOR_TOKEN: tokens.optional(),
  TRUST_PROXY: z.string().superRefine(readable(readTrustedProxies)).default('0'),
  ALLOWED_HOSTS: z.string().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
  ...limitVariables,
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
  /** Connections for the API; the engine has `enginePool` more. */
  databasePool: number;
  enginePool: number;
  /** Connections for the steps, which share their commits. */
  groupPool: number;
  /** How long a process that hangs or is cut off keeps its workflows to itself. */
  leaseMs: number;
  dataDir: string;
  paymentWindowMs: number;
  dispatchSteps: number;
  dispatchStepMs: number;
  /** How long the engine's records of finished workflows are kept. */
  workflowRetentionMs: number;
  /** None in demo mode; else one, or two while the one is being replaced by the other. */
  operatorTokens: readonly string[];
  /** Proxies whose word on a client's address is taken. */
  trustedProxies: TrustedProxies;
  /** Names that the store answers to; undefined: any. */
  allowedHosts: readonly string[] | undefined;
  limits: Limits;
  logLevel: string;
}>;

/** Reads and checks the environment. An empty variable counts as not set. Throws ConfigError. */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`);
  const production = given.NODE_ENV === 'production';
  const demo = isDemo(given);
  if (production && given.DEMO === 'on') problems.push('DEMO: must not be on when NODE_ENV=production');
  if (production && given.DATABASE_URL === undefined)
    problems.push('DATABASE_URL: must be set when NODE_ENV=production');
  if (!demo && given.OPERATOR_TOKEN === undefined && (given.DEMO ?? 'off') === 'off')
    problems.push('OPERATOR_TOKEN: must be set, except in a demo (DEMO=on), where everything is open');
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
    groupPool: env.GROUP_POOL,
    leaseMs: Math.round(env.LEASE_SECONDS * 1000),
    dataDir: env.DATA_DIR,
    paymentWindowMs: Math.round(env.PAYMENT_WINDOW_SECONDS * 1000),
    dispatchSteps: env.DISPATCH_STEPS,
    dispatchStepMs: env.DISPATCH_STEP_MS,
    workflowRetentionMs: Math.round(env.WORKFLOW_RETENTION_HOURS * 3_600_000),
    operatorTokens: env.OPERATOR_TOKEN ?? [],
    trustedProxies: readTrustedProxies(env.TRUST_PROXY),
    allowedHosts: env.ALLOWED_HOSTS?.toLowerCase()
      .split(',')
      .map((name) => name.trim()),
    limits: limitsOf(env, production, env.TRUST_PROXY !== '0'),
    logLevel: env.LOG_LEVEL ?? (demo ? 'warn' : 'info'),
  };
}

/**
 * Whether the store is a demo, in which everything is open: when asked for by name, and else on a developer's own machine
 * with no token set.
 */
function isDemo({ NODE_ENV, DEMO, OPERATOR_TOKEN, HOST }: Record<string, string | undefined>): boolean {
  if (DEMO !== undefined) return DEMO === 'on';
  return NODE_ENV !== 'production' && OPERATOR_TOKEN === undefined && isThisMachine(HOST ?? '127.0.0.1');
}
