// @vitest-environment happy-dom
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { fetchPersistently } from '../../web/src/api/fetch.ts';
import { setOperatorToken } from '../../web/src/api/operator-token.ts';
import { parseMessage, readMessages } from '../../web/src/api/sse.ts';
import { openStreams } from '../../web/src/api/stream-count.ts';
import { awake } from '../../web/src/api/visibility.ts';

import { type Answer, event, follow, json, refused, sent, serve, stream } from './serve.ts';

afterEach(() => vi.unstubAllGlobals());

test('a mutation is sent again, the same, until it is answered', async () => {
  const requests = serve(refused, refused, json({ checkout: 1 }));
  const response = await fetchPersistently('/graphql', { method: 'POST', body: 'the same' });
  expect(await response.json()).toEqual({ data: { checkout: 1 } });
  expect(requests.map((request) => request.body)).toEqual(['the same', 'the same', 'the same']);
});

test('an answer that breaks off, and one from a proxy, are no answers', async () => {
  const proxy: Answer = () => new Response('Bad gateway', { status: 502, headers: { 'content-type': 'text/html' } });
  serve(stream('{"data":', 'breaks'), proxy, json({ checkout: 1 }));
  expect(await (await fetchPersistently('/graphql')).json()).toEqual({ data: { checkout: 1 } });
});

test('a stream that fell behind begins anew', async () => {
  const behind = { errors: [{ message: 'Too slow.', extensions: { code: 'FELL_BEHIND', retryable: true } }] };
  serve(
    stream(`${event(2)}event: next\ndata: ${JSON.stringify(behind)}\n\nevent: complete\ndata\n\n`),
    stream(`${event(3)}event: complete\ndata\n\n`),
  );
  expect(await follow()).toEqual([2, 3]);
});

test('a request that is given up is not sent again', async () => {
  const requests = serve();
  const control = new AbortController();
  control.abort();
  await expect(fetchPersistently('/graphql', { signal: control.signal })).rejects.toThrow();
  expect(requests).toHaveLength(1);
});

test('a stream goes on after the last event it has seen, and ends when the server completes it', async () => {
  const requests = serve(
    stream(event(2) + event(3), 'breaks'),
    refused,
    stream(event(4), 'ends'),
    stream(`${event(5)}event: complete\ndata\n\n`),
  );
  expect(await follow()).toEqual([2, 3, 4, 5]);
  const asked = requests.map((request) => sent(request).variables);
  expect(asked).toEqual([{ afterVersion: 1 }, { afterVersion: 3 }, { afterVersion: 3 }, { afterVersion: 4 }]);
  expect(openStreams.get()).toBe(0);
});

test('a page that sleeps closes its stream, and goes on where it was when it wakes', async () => {
  const silent: Answer = () => {
    const signal = requests[0]?.signal;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(event(2)));
        signal?.addEventListener('abort', () => controller.error(new TypeError('Aborted')));
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const requests = serve(silent, stream(`${event(3)}event: complete\ndata\n\n`));
  const told = follow();
  await expect.poll(() => openStreams.get()).toBe(1);
  awake.set(false);
  await expect.poll(() => openStreams.get()).toBe(0);
  expect(requests).toHaveLength(1);
  awake.set(true);
  expect(await told).toEqual([2, 3]);
  expect(sent(requests[1]).variables).toEqual({ afterVersion: 2 });
});

test('an answer that is no stream is told once', async () => {
  serve(json({ orderProgress: { version: 9 } }));
  expect(await follow()).toEqual([9]);
});

test('every request carries the token of an operator who has given it', async () => {
  setOperatorToken('a token of an operator');
  onTestFinished(() => setOperatorToken(null));
  const requests = serve(json({}), stream('event: complete\ndata\n\n'));
  await fetchPersistently('/graphql');
  await follow();
  expect(requests).toHaveLength(2);
  for (const { headers } of requests)
    expect(new Headers(headers).get('authorization')).toBe('Bearer a token of an operator');
});

test('messages are read however the bytes are cut, and pings are skipped', async () => {
  const bytes = new TextEncoder().encode(
    `:\n\nevent: next\r\ndata: {"name":"Größe"}\r\n\r\n:\n\nevent: complete\ndata\n\n`,
  );
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  const messages = [];
  for await (const message of readMessages(body)) messages.push(message);
  expect(messages).toEqual([
    { event: 'next', data: '{"name":"Größe"}' },
    { event: 'complete', data: '' },
  ]);
  expect(parseMessage('event: next\ndata: one\ndata: two')).toEqual({ event: 'next', data: 'one\ntwo' });
});
