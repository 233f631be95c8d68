import { expect, test } from 'vitest';
import { OPERATOR_TOKEN, PRODUCTION, useApp } from '../support/app.ts';
import { WAYS } from '../support/ways.ts';

const OTHER_TOKEN = 'another-token-of-operators-in-tests-0987654321';
const store = useApp({
  env: {
    ...PRODUCTION,
    OPERATOR_TOKEN: `${OPERATOR_TOKEN},${OTHER_TOKEN}`,
    TRUST_PROXY: '1',
    LIMIT_CLIENT_SIGN_INS: '3',
  },
});

/** Asks for what only operators may see. */
const signIn = (address: string, authorization: string) =>
  fetch(`${store.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization, 'x-forwarded-for': address },
    body: JSON.stringify({ query: '{ orders { edges { node { number } } } }' }),
  });
const codeOf = async (response: Response) => {
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code;
};

test.each([OPERATOR_TOKEN, OTHER_TOKEN])('each of two tokens is good, while one replaces the other', async (token) => {
  expect((await signIn('192.0.2.1', `Bearer ${token}`)).status).toBe(200);
});

test.each(WAYS)('a wrong token is told of, whatever is asked: $name', async ({ name, send }) => {
  const address = `198.51.100.${WAYS.findIndex((way) => way.name === name)}`;
  const response = await send(store.url, { authorization: 'Bearer wrong', 'x-forwarded-for': address });
  const text = await response.text();
  expect(text).toContain('"code":"INVALID_TOKEN"');
  expect(text).toContain('"retryable":false');
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="store", error="invalid_token"');
});

test.each([
  `Bearer ${OPERATOR_TOKEN} and more`,
  `bearer${OPERATOR_TOKEN}`,
  `Basic ${OPERATOR_TOKEN}`,
  'Bearer',
  '',
  OPERATOR_TOKEN,
])('%o is no token', async (authorization) => {
  const response = await signIn(`198.51.100.${100 + authorization.length}`, authorization);
  expect(await codeOf(response)).toBe('INVALID_TOKEN');
});

test('without a token an operators’ field says that it wants one', async () => {
  const response = await fetch(`${store.url}/graphql?query=${encodeURIComponent('{ orders { edges { cursor } } }')}`);
  expect(await codeOf(response)).toBe('UNAUTHENTICATED');
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="store"');
});

test('the same wrong token again is no further guess', async () => {
  for (let n = 1; n <= 5; n++) expect(await codeOf(await signIn('192.0.2.8', 'Bearer old'))).toBe('INVALID_TOKEN');
  expect((await signIn('192.0.2.8', `Bearer ${OPERATOR_TOKEN}`)).status).toBe(200);
});

test('who has guessed as often as it may is refused for a minute, also with the right token', async () => {
  const guess = (n: number) => signIn('192.0.2.9', `Bearer guess-${n}`);
  for (let n = 1; n <= 3; n++) expect(await codeOf(await guess(n))).toBe('INVALID_TOKEN');
  for (const response of [await guess(4), await signIn('192.0.2.9', `Bearer ${OPERATOR_TOKEN}`)]) {
    expect(response.status).toBe(429);
    expect(response.headers.get('ratelimit-policy')).toBe('"sign-ins";q=3;w=60');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await codeOf(response)).toBe('SIGN_IN_LIMITED');
  }
  expect((await signIn('192.0.2.10', `Bearer ${OPERATOR_TOKEN}`)).status, 'from elsewhere').toBe(200);
});
