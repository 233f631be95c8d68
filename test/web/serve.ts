import type { ExecutionResult } from 'urql';
import { vi } from 'vitest';
import { openStream } from '../../web/src/api/stream.ts';

/** What the store does with a request. */
export type Answer = (init: RequestInit) => Response | Promise<Response>;

/**
 * Answers requests to /graphql one after the other, and every question about health with yes. Gives the requests, with
 * the paths that were asked about health.
 */
export function serve(...answers: Answer[]): RequestInit[] & { asked: string[] } {
  const requests = Object.assign([] as RequestInit[], { asked: [] as string[] });
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (url !== '/graphql') {
      requests.asked.push(url);
      return new Response('ok');
    }
    requests.push(init);
    const answer = answers.shift();
    if (!answer) throw new TypeError('Nobody listens.');
    return answer(init);
  });
  return requests;
}

/** Answers with data. */
export const json =
  (data: object): Answer =>
  () =>
    Response.json({ data });

/** Answers with nothing but an error of this code, as the server does. */
export const error = (
  code: string,
  status: number,
  more: { retryable?: boolean; headers?: HeadersInit } = {},
): Answer => {
  const { retryable = true, headers } = more;
  const extensions = { code, retryable, requestId: 'r1' };
  return () => Response.json({ errors: [{ message: 'No.', extensions }], data: null }, { status, headers });
};

/** Refuses the connection. */
export const refused: Answer = () => {
  throw new TypeError('Connection refused');
};

/** Answers with the text of a stream. */
export function stream(text: string, ending: 'ends' | 'breaks' = 'ends', init: ResponseInit = {}): Answer {
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
  const headers = { ...(init.headers as object), 'content-type': 'text/event-stream' };
  return () => new Response(body(), { ...init, headers });
}

/** Writes an event of a stream. */
export const event = (version: number) =>
  `event: next\ndata: ${JSON.stringify({ data: { orderProgress: { version } } })}\n\n`;

/** Follows an order after version 1 until its stream is over, and gives the versions that it was told. */
export function follow(opened: () => void = () => {}): Promise<unknown[]> {
  const seen: unknown[] = [];
  const request = { query: 'subscription { orderProgress }', variables: { afterVersion: 1 } };
  return new Promise((resolve, reject) => {
    const sink = {
      next: (result: ExecutionResult) => seen.push(result.data?.orderProgress.version),
      error: reject,
      complete: () => resolve(seen),
      opened,
      refused: () => {},
    };
    openStream('/graphql', request, sink, (_, result) => ({ afterVersion: result.data?.orderProgress.version }));
  });
}

/** Reads what was sent. */
export const sent = (request: RequestInit | undefined) => JSON.parse(String(request?.body)) as { variables: unknown };
