import { Client, fetchExchange, mapExchange, subscriptionExchange } from 'urql';
import { createCache } from './cache.ts';
import { fetchPersistently } from './fetch.ts';
import { openStream, type StreamRequest } from './stream.ts';
import { createVersionGuard, guardResults } from './versions.ts';

const URL = '/graphql';

type StreamListener = (operationName: string) => void;
const onOpened = new Set<StreamListener>();
const onRefused = new Set<StreamListener>();

/** Calls back whenever a stream is opened or opened again, with its operation's name. Returns what ends that. */
export function onStreamOpened(listener: StreamListener): () => void {
  onOpened.add(listener);
  return () => onOpened.delete(listener);
}

/** Calls back whenever the server has no room for a stream, with its operation's name. Returns what ends that. */
export function onStreamRefused(listener: StreamListener): () => void {
  onRefused.add(listener);
  return () => onRefused.delete(listener);
}

/** Makes the client of the page's own server. */
export function createApiClient(): Client {
  return new Client({
    url: URL,
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    fetch: fetchPersistently,
    exchanges: [
      createCache(),
      mapExchange({ onResult: guardResults(createVersionGuard()) }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe(sink) {
            const tell = (listeners: Set<StreamListener>) => () => {
              for (const listener of listeners) listener(request.operationName ?? '');
            };
            const whole = { ...sinkOf(sink), opened: tell(onOpened), refused: tell(onRefused) };
            const unsubscribe = openStream(URL, request as StreamRequest, whole, resumeOrder);
            return { unsubscribe };
          },
        }),
      }),
    ],
  });
}

type Sink = Pick<Parameters<typeof openStream>[2], 'next' | 'error' | 'complete'>;

function sinkOf(sink: Sink): Sink {
  return {
    next: (result) => sink.next(result),
    error: (error) => sink.error(error),
    complete: () => sink.complete(),
  };
}

// The other subscriptions begin with, or are followed by a reading of, the current state; an order's events go on after the last one seen.
const resumeOrder: Parameters<typeof openStream>[3] = (variables, result) => {
  const version: unknown = (result.data as { orderProgress?: { version?: unknown } } | null)?.orderProgress?.version;
  return typeof version === 'number' ? { ...variables, afterVersion: version } : variables;
};
