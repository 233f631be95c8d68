import type { ExecutionResult } from 'urql';
import { ANSWER_MS, allTimeouts } from './deadline.ts';
import { send } from './fetch.ts';
import { GONE, type Refusal, reasonIn, refusalOf, resultIn } from './refusal.ts';
import { readMessages } from './sse.ts';
import { openStreams } from './stream-count.ts';
import { awake, whenAwake } from './visibility.ts';
import { Patience } from './waiting.ts';

/** The server pings every 12 seconds; after this long without a byte the connection is dead. */
const SILENCE_MS = 30_000;

export type StreamRequest = { query?: string; operationName?: string; variables?: Record<string, unknown> };

export type StreamSink = {
  next(result: ExecutionResult): void;
  error(error: unknown): void;
  complete(): void;
  /** The server has accepted the stream: what changes from now on will be told. Called again after each break. */
  opened(): void;
  /** The server has no room for the stream; it is asked again later. Nothing is told until then. */
  refused(): void;
};

/**
 * Follows a subscription on /graphql until the server completes it, over every break of the connection. After a break
 * `resume` gives the variables to go on with, from those before and the newest result. Returns what ends the stream.
 */
export function openStream(
  url: string,
  request: StreamRequest,
  sink: StreamSink,
  resume: (variables: StreamRequest['variables'], result: ExecutionResult) => StreamRequest['variables'],
): () => void {
  const ended = new AbortController();
  let variables = request.variables;

  async function follow(): Promise<void> {
    const patience = new Patience();
    try {
      for (let attempt = 0; !ended.signal.aborted; attempt++) {
        await whenAwake(ended.signal);
        const outcome = await connect({
          onOpened() {
            patience.end();
            sink.opened();
          },
          onResult(result) {
            attempt = -1;
            variables = resume(variables, result);
            sink.next(result);
          },
        });
        if (ended.signal.aborted) return;
        if (outcome === 'complete') return sink.complete();
        if (outcome === 'asleep') {
          patience.end();
          continue;
        }
        if (outcome.reason === 'LIMITED' || outcome.reason === 'BUSY') sink.refused();
        await patience.wait(outcome, attempt, ended.signal);
      }
    } finally {
      patience.end();
    }
  }

  async function connect(on: {
    onOpened(): void;
    onResult(result: ExecutionResult): void;
  }): Promise<'complete' | 'asleep' | Refusal> {
    const connection = new AbortController();
    const close = () => connection.abort();
    ended.signal.addEventListener('abort', close);
    const stopWatching = awake.subscribe(() => awake.get() || close());
    let silence = setTimeout(close, ANSWER_MS);
    let heardAt = performance.now();
    const stopDoubting = allTimeouts.subscribe(() => performance.now() - heardAt < ANSWER_MS || close());
    let counted = 0;
    try {
      const response = await send(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ ...request, variables }),
        signal: connection.signal,
      });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (!response.ok || !isStream) {
        const result = resultIn(await response.text());
        const refusal = refusalOf(response, result);
        if (refusal || !result) return refusal ?? GONE;
        on.onResult(result);
        return 'complete';
      }
      counted = 1;
      openStreams.set(openStreams.get() + 1);
      on.onOpened();
      if (!response.body) return GONE;
      const onBytes = () => {
        heardAt = performance.now();
        clearTimeout(silence);
        silence = setTimeout(close, SILENCE_MS);
      };
      for await (const message of readMessages(response.body, onBytes)) {
        if (ended.signal.aborted) return GONE;
        if (message.event === 'complete') return 'complete';
        if (message.event !== 'next') continue;
        const result = JSON.parse(message.data) as ExecutionResult;
        // What the server could not tell, to a reader that was too slow or without its database, it tells again.
        if (reasonIn(result)) return GONE;
        on.onResult(result);
      }
      return GONE;
    } catch {
      return awake.get() ? GONE : 'asleep';
    } finally {
      clearTimeout(silence);
      stopWatching();
      stopDoubting();
      ended.signal.removeEventListener('abort', close);
      openStreams.set(openStreams.get() - counted);
    }
  }

  follow().catch((error: unknown) => sink.error(error));
  return () => ended.abort();
}
