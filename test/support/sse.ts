import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it stands in an event of a stream. */
export type Streamed<Data> = { data?: Data; errors?: { message: string; extensions?: { code?: string } }[] };

export type Stream<Data> = {
  /** What has arrived, oldest first. */
  readonly answers: Streamed<Data>[];
  /** Whether the server said that there is no more. */
  readonly complete: boolean;
  /** Resolves when the stream has ended, completed or cut off. */
  readonly ended: Promise<void>;
  /** Leaves, as a page that is closed does. */
  leave(): void;
};

const addressOf = (url: string, query: string, variables: Record<string, unknown>) =>
  `${url}/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`;

/**
 * Subscribes by a plain request for server-sent events, as a browser's EventSource does. `signal` leaves, also before
 * there was an answer.
 */
export async function subscribe<Data>(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Stream<Data>> {
  const abort = new AbortController();
  const response = await fetch(addressOf(url, query, variables), {
    headers: { accept: 'text/event-stream', ...headers },
    signal: signal ? AbortSignal.any([abort.signal, signal]) : abort.signal,
  });
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream'))
    throw new Error(`No stream, but ${response.status}: ${await response.text()}`);
  const answers: Streamed<Data>[] = [];
  let complete = false;
  const read = async (body: ReadableStream<Uint8Array>) => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop()!;
      for (const part of parts) {
        const fields = new Map(part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line]));
        const event = fields.get('event')?.slice('event:'.length).trim();
        if (event === 'complete') complete = true;
        if (event === 'next') answers.push(JSON.parse(fields.get('data')!.slice('data:'.length)));
      }
    }
  };
  return {
    answers,
    get complete() {
      return complete;
    },
    // A stream that is cut off has ended too.
    ended: read(response.body).catch(() => {}),
    leave: () => abort.abort(),
  };
}

/** Subscribes on a connection of its own that reads nothing until told to. */
export async function subscribeWithoutReading(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Socket> {
  const { host, port, pathname, search } = new URL(addressOf(url, query, variables));
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`);
  return socket;
}
