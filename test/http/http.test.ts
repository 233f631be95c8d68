import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const store = useApp();
const MUTATION = 'mutation { restock(input: { idempotencyKey: "k", level: { setTo: 1 } }) { __typename } }';
const post = (contentType: string, body: string) =>
  fetch(`${store.url}/graphql`, { method: 'POST', headers: { 'content-type': contentType }, body });

/** Sends text as it is, and returns the first line of the answer. */
async function raw(text: string): Promise<string | undefined> {
  const socket = connect(Number(new URL(store.url).port), '127.0.0.1');
  socket.write(text);
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  await once(socket, 'close');
  return answer.split('\r\n')[0];
}

describe('another site cannot make a browser change anything', () => {
  test.each([
    ['text/plain', JSON.stringify({ query: MUTATION })],
    ['text/plain;charset=utf-8', MUTATION],
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(MUTATION)}`],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${MUTATION}\r\n--x--`,
    ],
  ])('by a form, or a script, that sends %s', async (contentType, body) => {
    const before = await store.contents();
    const response = await post(contentType, body);
    expect(response.status).toBe(415);
    expect(await response.text()).not.toContain('RestockSuccess');
    expect(await store.contents()).toEqual(before);
  });

  test('by a request without a content type', async () => {
    const before = await store.contents();
    const body = new Blob([JSON.stringify({ query: MUTATION })]);
    const response = await fetch(`${store.url}/graphql`, { method: 'POST', body });
    expect(response.status).toBe(415);
    expect(await store.contents()).toEqual(before);
  });

  test('by a link', async () => {
    const before = await store.contents();
    const response = await fetch(`${store.url}/graphql?query=${encodeURIComponent(MUTATION)}`);
    expect(response.status).toBe(405);
    expect(await store.contents()).toEqual(before);
  });

  test('or read an answer', async () => {
    for (const method of ['POST', 'OPTIONS', 'GET']) {
      const response = await fetch(`${store.url}/graphql?query={__typename}`, {
        method,
        headers: { origin: 'https://elsewhere.example', 'content-type': 'application/json' },
        ...(method === 'POST' && { body: JSON.stringify({ query: '{ __typename }' }) }),
      });
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      await response.text();
    }
  });
});

test('a body that is larger than any document needs is refused', async () => {
  const response = await post('application/json', JSON.stringify({ query: `{ __typename } #${'x'.repeat(70_000)}` }));
  expect(response.status).toBe(413);
});

test.each(['', '{', 'null', '[]', '"text"', '{}', '{"query":1}', '{"query":"{"}', '{"query":"{ nothing }"}'])(
  'a body like %j is an error of the caller',
  async (body) => {
    const response = await post('application/json', body);
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    expect(errors[0]?.message).not.toMatch(/unexpected error/i);
    expect(response.status).toBeLessThan(500);
  },
);

test('a query can be asked by a link', async () => {
  const response = await fetch(`${store.url}/graphql?query={product(sku:"WIDGET"){sku}}`);
  expect(await response.json()).toMatchObject({ data: { product: { sku: 'WIDGET' } } });
});

test('the store tells that it lives and is ready', async () => {
  for (const path of ['/livez', '/readyz']) expect((await fetch(store.url + path)).status).toBe(200);
});

test.each(['//', '///', '//a b', 'http://[', '/%', '/%2e%2e/%2e%2e/package.json', '/\\', '*', '?'])(
  'a request for %j does the server no harm',
  async (target) => {
    expect(await raw(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 [2345]/);
    expect((await fetch(`${store.url}/livez`)).status).toBe(200);
  },
);

test('only GET and HEAD are for pages', async () => {
  for (const method of ['POST', 'PUT', 'DELETE']) expect((await fetch(`${store.url}/`, { method })).status).toBe(405);
});

test('GraphiQL comes whole from the store itself', async () => {
  const response = await fetch(`${store.url}/graphql`, { headers: { accept: 'text/html' } });
  const page = await response.text();
  expect(page).toContain('Checkout API');
  expect(page.match(/(src|href)="?https?:[^\s>]*/g) ?? []).toEqual([]);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
});
