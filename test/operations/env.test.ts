import { expect, test } from 'vitest';
import { ConfigError, readEnv } from '../../server/env.ts';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://localhost/store',
  OPERATOR_TOKEN: 'sixteen-letters!',
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
    groupCommit: true,
    groupPool: 4,
    leaseMs: 10_000,
    dataDir: '.data',
    paymentWindowMs: 60_000,
    dispatchSteps: 10,
    dispatchStepMs: 1000,
    workflowRetentionMs: 72 * 3_600_000,
    operatorToken: undefined,
    logLevel: 'warn',
  });
});

test('in production it is none', () => {
  expect(readEnv(production)).toMatchObject({ demo: false, operatorToken: 'sixteen-letters!', logLevel: 'info' });
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
  // It could not be told from what follows it in a header.
  ['OPERATOR_TOKEN', 'a token with spaces'],
  ['OPERATOR_TOKEN', 'a-token-with-ünicode'],
])('%s=%s is refused', (name, value) => {
  expect(problemsOf({ [name]: value })).toEqual([name]);
});

test('a variable that is empty counts as not set', () => {
  expect(readEnv({ PORT: '', DATABASE_URL: '', OPERATOR_TOKEN: '' })).toEqual(readEnv({}));
});

test('part of a second is a window too', () => {
  expect(readEnv({ PAYMENT_WINDOW_SECONDS: '0.3' }).paymentWindowMs).toBe(300);
});
