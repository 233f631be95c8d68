import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { serverClock } from '../../web/src/api/clock.ts';
import { longestUnanswered } from '../../web/src/api/deadline.ts';
import { fetchPersistently } from '../../web/src/api/fetch.ts';
import { health, startHeartbeat } from '../../web/src/api/server.ts';
import { openStreams } from '../../web/src/api/stream-count.ts';
import { waiting } from '../../web/src/api/waiting.ts';
import { type Answer, error, event, follow, json, sent, serve, stream } from './serve.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');
const END = 'event: complete\ndata:\n\n';

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
  vi.spyOn(serverClock, 'now').mockImplementation(() => Date.now());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
const limited = (retryAfter?: string) =>
  error('RATE_LIMITED', 429, { headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });
const busy = (code: string) => error(code, 503, { headers: { 'retry-after': '1' } });
/** Never answers: the connection was lost without a word. */
const lost: Answer = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))));

/** Sends a request; tells what has become of it. */
function ask(init: RequestInit = { method: 'POST', body: 'the same' }) {
  const asked: { answer?: unknown } = {};
  void fetchPersistently('/graphql', init)
    .then((response) => response.json())
    .then((answer) => {
      asked.answer = answer;
    })
    // Given up.
    .catch(() => {});
  return asked;
}

describe('an answer that asks to come again', () => {
  test.each([
    ['seconds', '7', 7],
    ['a date', 'Thu, 01 Jan 2026 12:00:20 GMT', 20],
    ['a date in the past', 'Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['more than a minute', '86400', 60],
    ['nothing', undefined, 5],
    ['what nobody understands', 'soon', 5],
  ])('saying %s (%s) is waited for %i seconds, and a little more', async (_, header, seconds) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const requests = serve(limited(header), json({ checkout: 1 }));
    const asked = ask();
    await pass(seconds);
    expect(requests).toHaveLength(1);
    expect(waiting.get()).toMatchObject({ reason: 'LIMITED' });
    await pass(0.3 + seconds / 10);
    expect(asked.answer).toEqual({ data: { checkout: 1 } });
    expect(requests.map(({ body }) => body)).toEqual(['the same', 'the same']);
    expect(waiting.get()).toBeUndefined();
  });

  test('is no outage', async () => {
    const requests = serve(limited('1'), busy('OVERLOADED'), busy('STILL_WORKING'), busy('TIMEOUT'), json({}));
    const asked = ask();
    await pass(12);
    expect(asked.answer).toEqual({ data: {} });
    expect(requests.asked).toEqual([]);
    expect(health.state.get()).toBe('up');
  });

  test('is told once, with its time, until the request is answered', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const told: unknown[] = [];
    const stop = waiting.subscribe(() => told.push(waiting.get()?.toldSeconds));
    serve(limited('12'), limited('30'), json({}));
    ask();
    await pass(60);
    stop();
    expect(told).toEqual([13, 13, undefined]);
  });

  test('is told before one of a store that is busy, and the longest of them', async () => {
    serve(limited('10'), limited('40'), busy('OVERLOADED'), json({}), json({}), json({}));
    ask();
    ask();
    ask();
    await pass(0.5);
    expect(waiting.get()).toMatchObject({ reason: 'LIMITED' });
    expect(waiting.get()!.until - NOON).toBeGreaterThanOrEqual(40_000);
    await pass(60);
    expect(waiting.get()).toBeUndefined();
  });
});

describe('an error', () => {
  test.each(['OVERLOADED', 'STILL_WORKING', 'TIMEOUT', 'A_CODE_OF_LATER'])(
    '%s that is retryable is no answer yet',
    async (code) => {
      serve(error(code, 503), error(code, 200), json({ order: null }));
      const asked = ask();
      await pass(0.1);
      expect(waiting.get()).toMatchObject({ reason: 'BUSY' });
      await pass(5);
      expect(asked.answer).toEqual({ data: { order: null } });
    },
  );

  test('of a database that is away is an outage', async () => {
    const requests = serve(busy('UNAVAILABLE'), json({}));
    ask();
    await pass(0.1);
    expect(waiting.get()).toMatchObject({ reason: 'AWAY' });
    expect(requests.asked).toEqual(['/readyz']);
    await pass(2);
    expect(requests).toHaveLength(2);
    expect(waiting.get()).toBeUndefined();
  });

  test('that is not retryable is an answer', async () => {
    const requests = serve(error('INTERNAL_SERVER_ERROR', 500, { retryable: false }));
    const asked = ask();
    await pass(5);
    expect(asked.answer).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
    expect(requests).toHaveLength(1);
  });

  test('beside something that was answered, or beside one that stays, is an answer', async () => {
    const retryable = { message: 'Later.', extensions: { code: 'TIMEOUT', retryable: true } };
    const final = { message: 'Never.', extensions: { code: 'UNAUTHENTICATED', retryable: false } };
    const answers = [
      { data: { server: { demo: true }, order: null }, errors: [retryable] },
      { data: null, errors: [retryable, final] },
    ];
    for (const answer of answers) {
      serve(() => Response.json(answer, { status: 503 }));
      const asked = ask();
      await pass(1);
      expect(asked.answer).toEqual(answer);
    }
  });

  test('of a gateway is an outage, whatever it is written in', async () => {
    const requests = serve(() => Response.json({ message: 'Service Unavailable' }, { status: 503 }), json({}));
    ask();
    await pass(2);
    expect(requests.asked).toEqual(['/readyz']);
    expect(requests).toHaveLength(2);
  });
});

describe('a request that is never answered', () => {
  test('is sent again, the same, once the server was asked whether it is there', async () => {
    const requests = serve(lost, json({ checkout: 1 }));
    const asked = ask();
    await pass(11);
    expect(requests).toHaveLength(1);
    await pass(2);
    expect(requests.asked).toEqual(['/readyz']);
    expect(requests.map(({ body }) => body)).toEqual(['the same', 'the same']);
    expect(asked.answer).toEqual({ data: { checkout: 1 } });
    expect(longestUnanswered()).toBe(0);
  });

  test('gets more time at each try', async () => {
    const requests = serve(lost, lost, lost, lost, lost);
    const control = new AbortController();
    ask({ signal: control.signal });
    const tries = [];
    for (const seconds of [1, 13, 26, 39, 39]) {
      await pass(seconds);
      tries.push(requests.length);
    }
    expect(tries).toEqual([1, 2, 3, 4, 5]);
    control.abort();
  });

  test('is given up with its page', async () => {
    const requests = serve(lost);
    const control = new AbortController();
    const given = fetchPersistently('/graphql', { signal: control.signal }).catch((error: unknown) => String(error));
    control.abort();
    expect(await given).toContain('AbortError');
    await pass(60);
    expect(requests).toHaveLength(1);
    expect(longestUnanswered()).toBe(0);
  });

  test('has the server asked although a stream is open', async () => {
    const requests = serve(lost);
    startHeartbeat();
    openStreams.set(1);
    await pass(10);
    expect(requests.asked).toEqual([]);
    const control = new AbortController();
    ask({ signal: control.signal });
    await pass(2);
    expect(requests.asked).toEqual([]);
    await pass(3);
    expect(requests.asked).toContain('/livez');
    control.abort();
    openStreams.set(0);
  });
});

describe('a stream', () => {
  const refusal = (code: string) => {
    const result = { errors: [{ message: 'No.', extensions: { code, retryable: true } }], data: null };
    return `event: next\ndata: ${JSON.stringify(result)}\n\n${END}`;
  };

  test('that is refused is opened again when it was told to, and goes on where it was', async () => {
    const requests = serve(
      stream(event(2), 'breaks'),
      stream(refusal('RATE_LIMITED'), 'ends', { status: 429, headers: { 'retry-after': '5' } }),
      stream(refusal('OVERLOADED'), 'ends', { status: 503, headers: { 'retry-after': '1' } }),
      stream(event(3) + END),
    );
    let opened = 0;
    const told = follow(() => opened++);
    await pass(1);
    expect(waiting.get()).toMatchObject({ reason: 'LIMITED' });
    await pass(4);
    expect(requests).toHaveLength(2);
    await pass(10);
    expect(await told).toEqual([2, 3]);
    expect(opened).toBe(2);
    expect(requests.map((request) => sent(request).variables)).toEqual(
      [1, 2, 2, 2].map((afterVersion) => ({ afterVersion })),
    );
    expect(waiting.get()).toBeUndefined();
    expect(openStreams.get()).toBe(0);
  });

  test('that could not read an event is begun anew, so that the event is told', async () => {
    serve(stream(event(2) + refusal('UNAVAILABLE')), stream(event(3) + END));
    const told = follow();
    await pass(5);
    expect(await told).toEqual([2, 3]);
  });

  test.each([
    ['that has been silent for as long as a request that ran out of time is opened again', 0, 2],
    ['that was heard meanwhile is left alone', 6, 1],
  ])('%s', async (_, pingAfter, streams) => {
    const open: Answer = ({ signal }) => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          signal?.addEventListener('abort', () => controller.error(new DOMException('', 'AbortError')));
          if (pingAfter > 0) setTimeout(() => controller.enqueue(new TextEncoder().encode(':\n\n')), pingAfter * 1000);
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const isStream = ({ headers }: RequestInit) => new Headers(headers).get('accept') === 'text/event-stream';
    const rest: Answer = (init) => (isStream(init) ? stream(event(2) + END)(init) : json({})(init));
    const requests = serve(open, lost, rest, rest);
    const told = follow();
    await pass(0.1);
    ask();
    await pass(13);
    expect(requests.filter(isStream)).toHaveLength(streams);
    await pass(60);
    expect(await told).toEqual([2]);
  });

  test('that does not begin is opened again', async () => {
    const requests = serve(lost, stream(event(2) + END));
    const told = follow();
    await pass(14);
    expect(await told).toEqual([2]);
    expect(requests).toHaveLength(2);
  });
});
