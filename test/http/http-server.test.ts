import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Handler } from '../../server/http/front-door.ts';
import { HttpServer } from '../../server/http/http-server.ts';
import { eventually } from '../support/eventually.ts';
import { sendBytes } from '../support/raw.ts';

const LIMITS = {
  bodyBytes: 1_000,
  headerBytes: 2_000,
  headersMs: 300,
  requestMs: 600,
  idleMs: 60_000,
  pipelined: 4,
  connections: 3,
  stalledMs: 2_000,
  connectionsOfClient: undefined,
};

let http: HttpServer;
let port: number;
let handle: Handler;
let asked: { request: IncomingMessage; response: ServerResponse }[];
const sockets: Socket[] = [];

beforeEach(async () => {
  asked = [];
  handle = (_request, response) => response.end('done');
  http = new HttpServer((request, response) => {
    asked.push({ request, response });
    handle(request, response);
  }, LIMITS);
  http.server.listen(0, '127.0.0.1');
  await once(http.server, 'listening');
  port = (http.server.address() as AddressInfo).port;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  http.server.close().closeAllConnections();
});

async function open(): Promise<Socket & { heard: () => string }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  socket
    .on('error', () => {})
    .on('data', (data) => {
      heard += data;
    });
  await once(socket, 'connect');
  return Object.assign(socket, { heard: () => heard });
}
const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

test('requests on one connection are answered as long as few of them wait', async () => {
  const socket = await open();
  for (let n = 1; n <= 20; n++) {
    socket.write(GET);
    await eventually('an answer', () => statusesIn(socket.heard()).length === n);
  }
  expect(new Set(statusesIn(socket.heard()))).toEqual(new Set([200]));
});

test('who sends more without waiting is told so behind the others, and is cut off', async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  handle = (_request, response) => void gate.then(() => response.end('late'));
  const socket = await open();
  socket.write(GET.repeat(1_000));
  await eventually('the first is asked', () => asked.length === 1);
  const closed = once(socket, 'close');
  go();
  await closed;
  expect(statusesIn(socket.heard())).toEqual([200, 200, 200, 200, 503]);
  expect(socket.heard()).toContain('More than 4 requests without an answer');
  expect(asked).toHaveLength(LIMITS.pipelined);
});

test('requests of one connection are answered one after the other', async () => {
  handle = () => {};
  const socket = await open();
  socket.write(GET.repeat(3));
  for (let n = 1; n <= 3; n++) {
    await eventually(`request ${n}`, () => asked.length === n);
    asked[n - 1]!.response.end(`answer ${n}`);
  }
  await eventually('all answers', () => statusesIn(socket.heard()).length === 3);
  expect(socket.heard().match(/answer \d/g)).toEqual(['answer 1', 'answer 2', 'answer 3']);
});

test('who hangs up is not answered any more, and nobody keeps what waited', async () => {
  handle = () => {};
  const socket = await open();
  socket.write(GET.repeat(4));
  await eventually('the first is asked', () => asked.length === 1);
  const closed = once(asked[0]!.response, 'close');
  socket.destroy();
  await closed;
  const other = await open();
  handle = (_request, response) => response.end('done');
  other.write(GET);
  await eventually('an answer', () => statusesIn(other.heard()).length === 1);
  expect(asked).toHaveLength(2);
});

test('a request behind an answer of Node.js that closes the connection is not looked at', async () => {
  const answer = await sendBytes(port, `GET / HTTP/1.1\r\n\r\n${GET.repeat(2)}`);
  expect(statusesIn(answer)).toEqual([400]);
  expect(asked).toHaveLength(0);
});

test('who takes nothing of an answer is cut off', async () => {
  handle = (_request, response) => response.end(Buffer.alloc(20_000_000));
  const socket = await open();
  socket.pause();
  socket.write(GET);
  await eventually('the request', () => asked.length === 1);
  await once(asked[0]!.response, 'close');
  socket.resume();
  await once(socket, 'close');
  expect(socket.bytesRead).toBeLessThan(20_000_000);
});

test('a client has so many connections and no more, until one is closed', async () => {
  const limited = new HttpServer((_request, response) => response.end('done'), { ...LIMITS, connectionsOfClient: 2 });
  limited.server.listen(0, '127.0.0.1');
  await once(limited.server, 'listening');
  const to = (limited.server.address() as AddressInfo).port;
  const answered = async (socket: Socket) => {
    socket.write(GET);
    await eventually('an answer, or none', () => socket.closed || socket.bytesRead > 0);
    return socket.bytesRead > 0;
  };
  const [first, second, third] = [connect(to, '127.0.0.1'), connect(to, '127.0.0.1'), connect(to, '127.0.0.1')];
  for (const socket of [first, second, third]) sockets.push(socket.on('error', () => {}));
  expect(await Promise.all([answered(first), answered(second)])).toEqual([true, true]);
  expect(await answered(third)).toBe(false);
  first.destroy();
  await eventually('room for another', async () => {
    const next = connect(to, '127.0.0.1').on('error', () => {});
    sockets.push(next);
    return answered(next);
  });
  limited.server.close();
});

test('headers that do not come in time are not waited for', async () => {
  const answer = await sendBytes(port, 'GET / HTTP/1.1\r\nhost: x\r\nslow: ');
  expect(statusesIn(answer)).toEqual([408]);
  expect(asked).toHaveLength(0);
});

test('nor is a body', async () => {
  handle = (request) => void request.resume();
  const answer = await sendBytes(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nslow');
  expect(statusesIn(answer)).toEqual([408]);
});

test.each([
  ['headers that are too large', `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(3_000)}\r\n\r\n`, 431],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 400],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a header over two lines', 'GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n', 400],
  ['a NUL', 'GET / HTTP/1.1\r\nhost: x\r\na: b\0\r\n\r\n', 400],
  ['no HTTP', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', 400],
])('%s: refused before anybody looks at it', async (_what, bytes, status) => {
  expect(statusesIn(await sendBytes(port, bytes))).toEqual([status]);
  expect(asked).toHaveLength(0);
});

test('so many connections are held and no more, until one is closed', async () => {
  const held = [await open(), await open(), await open()];
  const refused = await open();
  refused.write(GET);
  await once(refused, 'close');
  expect(refused.heard()).toBe('');
  held[0]!.destroy();
  await eventually('room for another', async () => {
    const next = await open();
    next.write(GET);
    await Promise.race([once(next, 'data'), once(next, 'close')]);
    return statusesIn(next.heard()).includes(200);
  });
});

test('a connection that is idle stays open, longer than a load balancer keeps it', async () => {
  const socket = await open();
  socket.write(GET);
  await eventually('an answer', () => statusesIn(socket.heard()).length === 1);
  expect(socket.heard()).toMatch(/keep-alive: timeout=60/i);
  // Node.js closes it by a timer of its own, five seconds by default.
  expect(http.server.keepAliveTimeout).toBe(LIMITS.idleMs);
});
