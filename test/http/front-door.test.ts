import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Handler, makeHandler } from '../../server/http/front-door.ts';
import type { GraphQLTransport } from '../../server/http/graphql-transport.ts';
import { OPERATOR_TOKEN, PRODUCTION, useApp } from '../support/app.ts';
import { expectLog } from '../support/log.ts';
import { rawRequest, sendBytes } from '../support/raw.ts';

expectLog(/"message":"secret"/);

const store = useApp({ env: { ...PRODUCTION, ALLOWED_HOSTS: 'shop.example,127.0.0.1' } });
const portOf = (url: string) => Number(new URL(url).port);
const QUERY = '/graphql?query={server{demo}}';

describe('a request says for which host it is', () => {
  test.each(['[', ']', 'a b', 'a/b', '[::1', 'x:y', 'x:123456', '"', 'é', '<script>', 'a,b', '@'])(
    '%s is none: 400, for the API as for a page',
    async (host) => {
      for (const target of [QUERY, '/', '/nothing', '/livez']) {
        const answer = await sendBytes(
          portOf(store.url),
          `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
        );
        expect(answer).toMatch(/^HTTP\/1\.1 400 /);
        expect(answer).not.toContain('node_modules');
      }
    },
  );

  test.each([
    ['shop.example', 200],
    ['SHOP.example:443', 200],
    ['127.0.0.1:1', 200],
    ['evil.example', 421],
    ['shop.example.evil', 421],
  ])('%s is answered by %i', async (host, status) => {
    for (const path of [QUERY, '/robots.txt']) {
      const answer = await rawRequest(portOf(store.url), { path, headers: { host } });
      expect([status, status === 200 ? 404 : status], path).toContain(answer.status);
    }
  });

  test('who probes a process does so by its address', async () => {
    for (const path of ['/livez', '/readyz'])
      expect((await rawRequest(portOf(store.url), { path, headers: { host: '10.1.2.3' } })).status).toBe(200);
  });
});

describe('each answer has an id', () => {
  const idOf = async (headers: Record<string, string>, path = QUERY) =>
    (await rawRequest(portOf(store.url), { path, headers })).headers['x-request-id'];

  test('of its own', async () => {
    const ids = await Promise.all([QUERY, '/', '/nothing', '/livez'].map((path) => idOf({}, path)));
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[\w-]{8,}$/);
  });

  test('or the one that it was sent, if that is sane', async () => {
    expect(await idOf({ 'x-request-id': 'a-1_b.2' })).toBe('a-1_b.2');
    for (const id of ['x'.repeat(200), 'a b', '"', '{"a":1}', 'é'])
      expect(await idOf({ 'x-request-id': Buffer.from(id).toString('latin1') })).toMatch(/^[\w-]{8,}$/);
  });

  test('which an error has as well', async () => {
    const { body } = await rawRequest(portOf(store.url), {
      path: '/graphql?query={nothing}',
      headers: { 'x-request-id': 'asked-by-me' },
    });
    expect(JSON.parse(body.toString())).toMatchObject({ errors: [{ extensions: { requestId: 'asked-by-me' } }] });
  });
});

test('an answer of the API is kept by nobody, and is what it says it is', async () => {
  const { headers } = await rawRequest(portOf(store.url), { path: QUERY });
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
});

test('a page runs nothing but its own scripts, and frames nothing', async () => {
  const { headers } = await rawRequest(portOf(store.url), { path: '/' });
  const policy = headers['content-security-policy'] as string;
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("style-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
});

test('nothing tells what is behind it', async () => {
  for (const path of [QUERY, '/', '/nothing', '/livez']) {
    const { headers } = await rawRequest(portOf(store.url), { path, headers: { cookie: 'a=b' } });
    for (const name of ['server', 'x-powered-by', 'set-cookie', 'access-control-allow-origin'])
      expect(headers[name], `${name} of ${path}`).toBeUndefined();
  }
});

test('a token is nowhere in an answer', async () => {
  const { body, headers } = await rawRequest(portOf(store.url), {
    path: '/graphql?query={nothing}',
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
  });
  expect(JSON.stringify(headers) + body.toString()).not.toContain(OPERATOR_TOKEN);
});

describe('what fails in the handler', () => {
  let server: Server;
  let fail: () => Promise<void>;
  beforeAll(async () => {
    const graphql = { answer: () => fail() } as unknown as GraphQLTransport;
    const handle: Handler = makeHandler({
      graphql,
      pages: () => fail(),
      demo: false,
      allowedHosts: undefined,
      ready: async () => true,
    });
    server = createServer(handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());

  test.each(['/graphql', '/a-page'])('is a 500 with the id that the log has, and no more: %s', async (path) => {
    fail = async () => {
      throw new Error('secret');
    };
    const { status, headers, body } = await rawRequest((server.address() as AddressInfo).port, { path });
    expect(status).toBe(500);
    expect(body.toString()).toBe(`Something went wrong. The log has it as ${headers['x-request-id']}.`);
  });
});
