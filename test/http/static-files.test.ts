import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressFiles, keepWebBuild } from '../../scripts/web-build.ts';
import { makeHandler } from '../../server/http/front-door.ts';
import type { GraphQLTransport } from '../../server/http/graphql-transport.ts';
import { servePages } from '../../server/http/pages.ts';
import { StaticFiles } from '../../server/http/static-files.ts';
import { rawRequest } from '../support/raw.ts';

const folder = mkdtempSync(join(tmpdir(), 'static-files-test-'));
const root = join(folder, 'web');
const SCRIPT = 'console.log(1);\n'.repeat(200);
const ROUTES = ['/', '/products/:sku', '/orders', '/orders/:id', '/operator'];

/** Builds a client whose script has this name. */
async function build(name: string): Promise<void> {
  const part = join(folder, 'web.part');
  await mkdir(join(part, 'assets'), { recursive: true });
  await writeFile(join(part, 'index.html'), `<script src="/assets/${name}.js"></script>`);
  await writeFile(join(part, 'routes.json'), JSON.stringify(ROUTES));
  await writeFile(join(part, 'robots.txt'), 'User-agent: *\n');
  await writeFile(join(part, 'assets', `${name}.js`), SCRIPT);
  await compressFiles(part);
  await keepWebBuild(part, root, new Date());
}

/** Serves what is built now. */
async function serve(): Promise<Server> {
  const graphql = { answer: async () => {} } as unknown as GraphQLTransport;
  const pages = servePages(new StaticFiles(root));
  const handle = makeHandler({ graphql, pages, demo: false, allowedHosts: undefined, ready: async () => true });
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return server;
}

const servers: Server[] = [];
const portOf = (server: Server) => (server.address() as AddressInfo).port;
let server: Server;

beforeAll(async () => {
  await build('first');
  server = await serve();
});
afterAll(async () => {
  for (const one of servers) one.close().closeAllConnections();
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, of = server, method = 'GET') =>
  rawRequest(portOf(of), { path, headers, method });
const JS = '/assets/first.js';

describe('a part of a file', () => {
  test('is what was asked for', async () => {
    for (const [range, part, said] of [
      ['bytes=0-6', SCRIPT.slice(0, 7), `bytes 0-6/${SCRIPT.length}`],
      ['bytes=-5', SCRIPT.slice(-5), `bytes ${SCRIPT.length - 5}-${SCRIPT.length - 1}/${SCRIPT.length}`],
      [
        `bytes=${SCRIPT.length - 2}-`,
        SCRIPT.slice(-2),
        `bytes ${SCRIPT.length - 2}-${SCRIPT.length - 1}/${SCRIPT.length}`,
      ],
      ['bytes=0-99999999999999999999', SCRIPT, `bytes 0-${SCRIPT.length - 1}/${SCRIPT.length}`],
    ] as const) {
      const answer = await get(JS, { range });
      expect(answer.status, range).toBe(206);
      expect(answer.body.toString(), range).toBe(part);
      expect(answer.headers['content-range']).toBe(said);
    }
  });

  test.each(['bytes=5-2', 'bytes=99999-', 'bytes=-0', 'bytes=99999999999999999999-'])(
    'is refused where there is none: %s',
    async (range) => {
      const { status, headers } = await get(JS, { range });
      expect(status).toBe(416);
      expect(headers['content-range']).toBe(`bytes */${SCRIPT.length}`);
    },
  );

  test.each(['bytes=', 'bytes=x-y', 'bytes=--1', 'lines=1-2', 'bytes=0-0,5-2', 'bytes', '=', 'bytes=1-2-3', '\t'])(
    'that is none that we know is answered, and nothing ends: %o',
    async (range) => {
      expect([200, 206, 416]).toContain((await get(JS, { range })).status);
      expect((await get(JS)).status).toBe(200);
    },
  );
});

describe('a file that is asked for on a condition', () => {
  test('is not sent again to whoever has it', async () => {
    const { headers } = await get(JS);
    const { etag, 'last-modified': modified } = headers as Record<string, string>;
    const conditions: Record<string, string>[] = [
      { 'if-none-match': etag! },
      { 'if-none-match': '*' },
      { 'if-modified-since': modified! },
    ];
    for (const condition of conditions) {
      const answer = await get(JS, condition);
      expect(answer.status).toBe(304);
      expect(answer.body).toHaveLength(0);
    }
    expect((await get(JS, { 'if-none-match': '"another"' })).status).toBe(200);
  });

  test('is refused to whoever means another', async () => {
    expect((await get(JS, { 'if-match': '"another"' })).status).toBe(412);
    expect((await get(JS, { 'if-unmodified-since': 'Thu, 01 Jan 1998 00:00:00 GMT' })).status).toBe(412);
  });

  test('is sent whole where the part that somebody has is of another', async () => {
    expect((await get(JS, { range: 'bytes=0-1', 'if-range': '"another"' })).status).toBe(200);
  });
});

describe('a file', () => {
  test('is compressed as the client takes it', async () => {
    const packed = async (accepted: string) => {
      const { headers, body } = await get(JS, { 'accept-encoding': accepted });
      expect(headers.vary).toBe('accept-encoding');
      expect(headers['content-type']).toBe('application/javascript; charset=utf-8');
      return { encoding: headers['content-encoding'], body };
    };
    const brotli = await packed('gzip, deflate, br');
    expect(brotli.encoding).toBe('br');
    expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT);
    const gzip = await packed('gzip, br;q=0');
    expect(gzip.encoding).toBe('gzip');
    expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT);
    for (const none of ['identity', 'br;q=0, gzip;q=0', '']) {
      const { encoding, body } = await packed(none);
      expect(encoding).toBeUndefined();
      expect(body.toString()).toBe(SCRIPT);
    }
  });

  test('has its headers and no body for HEAD', async () => {
    const whole = await get(JS);
    const head = await get(JS, {}, server, 'HEAD');
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    for (const name of ['content-length', 'content-type', 'etag', 'cache-control'])
      expect(head.headers[name]).toBe(whole.headers[name]);
  });

  test('is kept for good where its name says which it is, and a page is asked for each time', async () => {
    expect((await get(JS)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await get('/robots.txt')).headers['cache-control']).toBe('public, max-age=3600');
    for (const path of ['/', '/products/WIDGET', '/orders/abc', '/operator'])
      expect((await get(path)).headers['cache-control'], path).toBe('no-cache');
  });
});

describe('a path that is nothing', () => {
  const NOTHING = [
    '/nothing',
    '/products',
    '/products/a/b',
    '/orders/a/b',
    '/index.html',
    '/routes.json',
    '/assets',
    '/assets/',
    '/current',
    '/assets/none.js',
    '/assets/first.js.br',
    '/assets/first.js.gz',
    '/..',
    '/../current',
    '/%2e%2e/current',
    '/..%2fcurrent',
    '/assets/..%2f..%2fcurrent',
    '/assets/%00',
    '/%',
    '/%ff',
    '//evil.example/',
    '/\\evil',
    '/.env',
    '/.git/config',
  ]; // prettier-ignore

  test.each(NOTHING)('is a 404: %s', async (path) => {
    const text = await get(path);
    expect(text.status).toBe(404);
    expect(text.headers['content-type']).toBe('text/plain; charset=utf-8');
    const page = await get(path, { accept: 'text/html' });
    expect(page.status).toBe(404);
    expect(page.body.toString()).toContain('<script');
  });

  test('is one as well where the target is no path', async () => {
    for (const path of ['*', 'http://elsewhere.example/nothing', '?', '#'])
      expect([400, 404, 200], path).toContain((await get(path)).status);
  });
});

test('who has the address of an order is no search engine', async () => {
  expect((await get('/orders/abc')).headers['x-robots-tag']).toBe('noindex');
  expect((await get('/')).headers['x-robots-tag']).toBeUndefined();
});

describe('when another build comes', () => {
  test('a server goes on with its own, and each has the assets of both', async () => {
    await build('second');
    const next = await serve();
    expect((await get('/')).body.toString()).toContain('first');
    expect((await get('/', {}, next)).body.toString()).toContain('second');
    for (const of of [server, next])
      for (const name of ['first', 'second']) {
        const answer = await get(`/assets/${name}.js`, { 'accept-encoding': 'br' }, of);
        expect(brotliDecompressSync(answer.body).toString()).toBe(SCRIPT);
      }
  });

  test('the same build again is the same folder', async () => {
    const before = await readdir(root);
    await build('second');
    expect(await readdir(root)).toEqual(before);
  });

  test('the latest five stay', async () => {
    for (const name of ['third', 'fourth', 'fifth', 'sixth']) {
      await build(name);
      const folders = (await readdir(root)).filter((one) => one !== 'current');
      // Folders that are made within a moment are told apart by their names alone.
      for (const [age, one] of folders.entries())
        if (one !== (await readFile(join(root, 'current'), 'utf8'))) await utimes(join(root, one), age, age);
    }
    expect((await readdir(root)).filter((one) => one !== 'current')).toHaveLength(5);
  });

  test('a file that is gone all the same is an error, and no more than that', async () => {
    const last = await serve();
    const current = await readFile(join(root, 'current'), 'utf8');
    await rm(join(root, current, 'assets'), { recursive: true });
    expect((await get('/assets/sixth.js', {}, last)).status).toBeGreaterThanOrEqual(404);
    expect((await get('/', {}, last)).status).toBe(200);
  });
});
