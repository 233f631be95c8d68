import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchPersistently } from '../../web/src/api/fetch.ts';
import { operatorToken, setOperatorToken, tokenRefusal } from '../../web/src/api/operator-token.ts';
import { type Answer, error, event, follow, json, serve, stream } from './serve.ts';

beforeEach(() => setOperatorToken('a token'));
afterEach(() => {
  setOperatorToken(null);
  vi.unstubAllGlobals();
});

const wrong = error('INVALID_TOKEN', 401, { retryable: false });
const guessed = error('SIGN_IN_LIMITED', 429, { headers: { 'retry-after': '42' } });
const ask = async () => (await fetchPersistently('/graphql')).json();
const tokensOf = (requests: RequestInit[]) => requests.map(({ headers }) => new Headers(headers).get('authorization'));

test('a wrong token is forgotten, and the request sent without it', async () => {
  const requests = serve(wrong, json({ products: [] }));
  expect(await ask()).toEqual({ data: { products: [] } });
  expect(tokensOf(requests)).toEqual(['Bearer a token', null]);
  expect(operatorToken.get()).toBeNull();
  expect(tokenRefusal.get()).toEqual({ reason: 'WRONG' });
});

test('a stream goes on without a wrong token', async () => {
  const refusal: Answer = (init) => {
    const answer = wrong(init) as Response;
    return new Response(answer.body, { status: 401, headers: { 'content-type': 'text/event-stream' } });
  };
  const requests = serve(refusal, stream(`${event(2)}event: complete\ndata:\n\n`));
  expect(await follow()).toEqual([2]);
  expect(tokensOf(requests)).toEqual(['Bearer a token', null]);
});

test('where too many wrong tokens came from, the request is sent without, and the time is known', async () => {
  const requests = serve(guessed, json({}));
  expect(await ask()).toEqual({ data: {} });
  expect(tokensOf(requests)).toEqual(['Bearer a token', null]);
  expect(tokenRefusal.get()).toEqual({ reason: 'GUESSED', until: expect.closeTo(Date.now() + 42_000, -4) });
});

test('a token stays when something else is refused', async () => {
  const limited = error('RATE_LIMITED', 429, {
    headers: { 'retry-after': '0' },
  });
  serve(limited, error('UNAUTHENTICATED', 401, { retryable: false }));
  await ask();
  expect(operatorToken.get()).toBe('a token');
});

test('a token that was entered meanwhile stays', async () => {
  const meanwhile: Answer = (init) => {
    setOperatorToken('another token');
    return wrong(init);
  };
  const requests = serve(meanwhile, json({}));
  await ask();
  expect(tokensOf(requests)).toEqual(['Bearer a token', 'Bearer another token']);
  expect(operatorToken.get()).toBe('another token');
});

test('what is said of a refused token is said no more of the next one', async () => {
  serve(wrong, json({}));
  await ask();
  setOperatorToken('the right token');
  expect(tokenRefusal.get()).toBeNull();
});
