import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, readEnv } from '../../server/env.ts';
import { limitsOf, limitVariables } from '../../server/limits/config.ts';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://localhost/store',
  OPERATOR_TOKEN: 'thirty-two-letters-and-some-more-5',
};

function problemsOf(source: Record<string, string>): string[] {
  try {
    readEnv(source);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.slice(0, line.indexOf(':')));
  }
}

test('without any variable the store is a demo on this machine', () => {
  expect(readEnv({})).toEqual({
    demo: true,
    port: 4000,
    host: '127.0.0.1',
    listenFd: undefined,
    workers: 1,
    databaseUrl: undefined,
    directDatabaseUrl: undefined,
    databasePool: 10,
    enginePool: 10,
    groupPool: 4,
    leaseMs: 10_000,
    dataDir: '.data',
    paymentWindowMs: 60_000,
    dispatchSteps: 10,
    dispatchStepMs: 1000,
    workflowRetentionMs: 72 * 3_600_000,
    operatorTokens: [],
    trustedProxies: 0,
    allowedHosts: undefined,
    limits: limitsOf(z.object(limitVariables).parse({}), false, false),
    logLevel: 'warn',
  });
});

test('in production it is none', () => {
  expect(readEnv(production)).toMatchObject({
    demo: false,
    operatorTokens: [production.OPERATOR_TOKEN],
    logLevel: 'info',
  });
});

test('each variable that production lacks is named', () => {
  expect(problemsOf({ NODE_ENV: 'production' })).toEqual(['DATABASE_URL', 'OPERATOR_TOKEN']);
  expect(problemsOf({ ...production, OPERATOR_TOKEN: '' })).toEqual(['OPERATOR_TOKEN']);
});

test('a way past a pooler needs the way through it', () => {
  const DIRECT_DATABASE_URL = 'postgresql://localhost/store';
  expect(problemsOf({ DIRECT_DATABASE_URL })).toEqual(['DIRECT_DATABASE_URL']);
  expect(problemsOf({ DIRECT_DATABASE_URL, DATABASE_URL: 'postgresql://localhost:6432/store' })).toEqual([]);
});

test('every variable that is wrong is named at once', () => {
  const wrong = {
    PORT: '65536',
    DATABASE_URL: 'mysql://localhost/store',
    PAYMENT_WINDOW_SECONDS: '0',
    DISPATCH_STEPS: 'ten',
    DISPATCH_STEP_MS: '1.5',
    WORKFLOW_RETENTION_HOURS: '-1',
    OPERATOR_TOKEN: 'short',
    LOG_LEVEL: 'loud',
  };
  expect(problemsOf(wrong)).toEqual(Object.keys(wrong));
});

test.each([
  ['PORT', '-1'],
  ['PORT', '4e9'],
  ['PAYMENT_WINDOW_SECONDS', '-1'],
  ['PAYMENT_WINDOW_SECONDS', 'Infinity'],
  ['PAYMENT_WINDOW_SECONDS', '604801'],
  ['DISPATCH_STEPS', '0'],
  ['DISPATCH_STEPS', '1001'],
  ['DISPATCH_STEP_MS', '0'],
  ['DATABASE_POOL', '1'],
  ['NODE_ENV', 'prod'],
  ['NODE_ENV', 'Production'],
  ['DEMO', 'yes'],
  // It could not be told from what follows it in a header.
  ['OPERATOR_TOKEN', 'a token with spaces that is long enough'],
  ['OPERATOR_TOKEN', 'a-token-with-ünicode-that-is-long-enough'],
  ['OPERATOR_TOKEN', 'a-token-that-is-shorter-than-32'],
  ['OPERATOR_TOKEN', 'a'.repeat(40)],
  ['OPERATOR_TOKEN', Array(3).fill(production.OPERATOR_TOKEN).join(',')],
  ['TRUST_PROXY', 'everybody'],
  ['TRUST_PROXY', '10.0.0.0/99'],
  ['LIMIT_COST', '0'],
  ['LIMIT_CLIENT_CHECKOUTS', 'on'],
])('%s=%s is refused', (name, value) => {
  expect(problemsOf({ [name]: value })).toEqual([name]);
});

test('a variable that is empty counts as not set', () => {
  expect(readEnv({ PORT: '', DATABASE_URL: '', OPERATOR_TOKEN: '' })).toEqual(readEnv({}));
});

test('part of a second is a window too', () => {
  expect(readEnv({ PAYMENT_WINDOW_SECONDS: '0.3' }).paymentWindowMs).toBe(300);
});

test("what is open to everybody is so on a developer's own machine, or when asked for by name", () => {
  const { OPERATOR_TOKEN } = production;
  for (const HOST of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) expect(readEnv({ HOST }).demo, HOST).toBe(true);
  for (const HOST of ['0.0.0.0', '::', '10.0.0.1', '127.example.org'])
    expect(readEnv({ HOST, OPERATOR_TOKEN }).demo, HOST).toBe(false);
  expect(readEnv({ OPERATOR_TOKEN }).demo).toBe(false);
  expect(readEnv({ OPERATOR_TOKEN, HOST: '0.0.0.0', DEMO: 'on' }).demo).toBe(true);
  expect(problemsOf({ HOST: '0.0.0.0' })).toEqual(['OPERATOR_TOKEN']);
  expect(problemsOf({ DEMO: 'off' })).toEqual(['OPERATOR_TOKEN']);
  expect(problemsOf({ ...production, DEMO: 'on' })).toEqual(['DEMO']);
});

test('two tokens are there while one is replaced by the other', () => {
  const OPERATOR_TOKEN = `${production.OPERATOR_TOKEN},the-one-that-replaces-it-0123456789`;
  expect(readEnv({ ...production, OPERATOR_TOKEN }).operatorTokens).toEqual(OPERATOR_TOKEN.split(','));
});

test('what counts by client is limited in production, and elsewhere when it is configured', () => {
  expect(readEnv(production).limits.client).toMatchObject({ checkouts: 60, heldUnits: 30, streams: 20 });
  expect(readEnv({ LIMIT_CLIENT_STREAMS: '5' }).limits.client).toMatchObject({ checkouts: undefined, streams: 5 });
  expect(readEnv({ ...production, LIMIT_CLIENT_STREAMS: 'off' }).limits.client.streams).toBeUndefined();
});
