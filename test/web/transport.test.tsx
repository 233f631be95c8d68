// @vitest-environment happy-dom
import type { ExecutionResult } from 'urql';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { fetchPersistently } from '../../web/src/api/fetch.ts';
import { setOperatorToken } from '../../web/src/api/operator-token.ts';
import { parseMessage, readMessages } from '../../web/src/api/sse.ts';
import { openStream } from '../../web/src/api/stream.ts';
import { openStreams } from '../../web/src/api/stream-count.ts';
import { awake } from '../../web/src/api/visibility.ts';

afterEach(() => vi.unstubAllGlobals());

type Answer = () => Response;

/** Answers requests to /graphql one after the other, and every question about health with yes. */
function serve(...answers: Answer[]): RequestInit[] {
  const requests: RequestInit[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (url !== '/graphql') return new Response('ok');
    requests.push(init);
    const answer = answers.shift();
    if (!answer) throw new TypeError('Nobody listens.');
    return answer();
  });
  return requests;
}

const json =
  (data: object): Answer =>
  () =>
    Response.json({ data });
const refused: Answer = () => {
  throw new TypeError('Connection refused');
};

function stream(text: string, ending: 'ends' | 'breaks' = 'ends'): Answer {
  const chunks = [new TextEncoder().encode(text)];
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else if (ending === 'ends') controller.close();
        else controller.error(new TypeError('Connection reset'));
      },
    });
  return () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } });
}

const event = (version: number) => `event: next\ndata: ${JSON.stringify({ data: { orderProgress: { version } } })}\n\n`;

function follow(): Promise<unknown[]> {
  const seen: unknown[] = [];
  const request = { query: 'subscription { orderProgress }', variables: { afterVersion: 1 } };
  return new Promise((resolve, reject) => {
    const sink = {
      next: (result: ExecutionResult) => seen.push(result.data?.orderProgress.version),
      error: reject,
      complete: () => resolve(seen),
      opened: () => {},
    };
    openStream('/graphql', request, sink, (_, result) => ({ afterVersion: result.data?.orderProgress.version }));
  });
}

const sent = (request: RequestInit | undefined) => JSON.parse(String(request?.body)) as { variables: unknown };

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

test('a mutation that the server is still working on is asked for again', async () => {
  const working: Answer = () =>
    Response.json({ data: null, errors: [{ message: 'Still working.', extensions: { code: 'STILL_WORKING' } }] });
  serve(working, working, json({ checkout: 1 }));
  expect(await (await fetchPersistently('/graphql')).json()).toEqual({ data: { checkout: 1 } });
});

test('a stream that fell behind begins anew', async () => {
  const behind = { errors: [{ message: 'Too slow.', extensions: { code: 'FELL_BEHIND' } }] };
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
