import { describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { runFuzz } from './run.ts';
import { problemOf, problemOfBytes } from './verdict.ts';

const database = useDatabase();

test('two thousand requests that nobody should send are answered as they should be, and leave all well', {
  timeout: 180_000,
}, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { problems, sent } = await runFuzz({ databaseUrl: database.url, seed, requests: 2_000 });
  expect(problems, `seed ${seed}`).toEqual([]);
  expect(Object.values(sent).reduce((sum, count) => sum + count)).toBe(2_000);
});

describe('what is wrong with an answer is found', () => {
  const json = (status: number, value: unknown) => ({
    status,
    text: typeof value === 'string' ? value : JSON.stringify(value),
    headers: new Headers({ 'content-type': 'application/json', 'x-request-id': 'r1' }),
  });
  const error = (extensions: object) => ({
    errors: [{ message: 'No.', extensions: { code: 'BAD_REQUEST', retryable: false, requestId: 'r1', ...extensions } }],
  });

  test.each([
    ['a stack', json(400, error({ stack: 'Error\n    at x (/srv/server.js:1:2)' }))],
    ['a path', json(200, { data: null, errors: [{ message: 'in node_modules/x' }] })],
    ['no JSON', json(200, '<html>')],
    ['no code', json(400, error({ code: undefined }))],
    ['a code that there is not', json(400, error({ code: 'ODD' }))],
    ['an unexpected error', json(200, error({ code: 'INTERNAL_SERVER_ERROR' }))],
    ['a wrong promise', json(400, error({ retryable: true }))],
    ['another id', json(400, error({ requestId: 'r2' }))],
    ['a 500', json(500, error({}))],
    ['a 503 that is not meant', json(503, error({ code: 'UNAVAILABLE', retryable: true }))],
    ['a 4xx that says nothing', json(400, {})],
  ])('%s', (_what, answer) => {
    expect(problemOf(answer)).toEqual(expect.any(String));
  });

  test('and nothing where all is as it should be', () => {
    expect(problemOf(json(400, error({})))).toBeUndefined();
    expect(problemOf(json(200, { data: {} }))).toBeUndefined();
    expect(problemOf(json(503, error({ code: 'OVERLOADED', retryable: true })))).toBeUndefined();
  });

  test('also where bytes were answered', () => {
    expect(problemOfBytes('HTTP/1.1 500 Internal Server Error\r\n')).toEqual(expect.any(String));
    expect(problemOfBytes('HTTP/1.1 400 Bad Request\r\n\r\nat /x/node_modules/y')).toEqual(expect.any(String));
    expect(problemOfBytes('HTTP/1.1 400 Bad Request\r\n')).toBeUndefined();
    expect(problemOfBytes('')).toBeUndefined();
  });
});
