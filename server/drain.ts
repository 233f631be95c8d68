import type { Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** An EventSource comes again after this; other clients have times of their own. */
const RETRY_MS = 500;

/**
 * Prepares a server for its end; what it returns lets the clients go and ends it. For `noticeMs`, requests are still
 * answered, by answers that close their connections, so that no client sends its next one into a connection that
 * closes; and the streams are ended, each at a moment of its own, so that their readers do not all come elsewhere at
 * once. Then nobody is let in any more, and what is under way gets `patienceMs` to finish.
 */
export function drainable(server: Server): (noticeMs: number, patienceMs: number) => Promise<void> {
  const responses = new Set<ServerResponse>();
  let draining = false;
  // Before the listener that answers.
  server.prependListener('request', (_request, response: ServerResponse) => {
    if (draining) response.setHeader('connection', 'close');
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  const openStreams = () => [...responses].filter(isStream);

  return async (noticeMs, patienceMs) => {
    draining = true;
    for (const response of responses) if (!response.headersSent) response.setHeader('connection', 'close');
    for (const stream of openStreams()) void delay(Math.random() * noticeMs).then(() => endStream(stream));
    await delay(noticeMs);
    const closed = new Promise((resolve) => server.close(resolve));
    for (const stream of openStreams()) endStream(stream);
    await Promise.race([closed, delay(patienceMs)]);
    server.closeAllConnections();
  };
}

const isStream = (response: ServerResponse) => String(response.getHeader('content-type')).includes('event-stream');

/**
 * Ends a stream without the protocol's `complete`: by that, clients understand that there is no more to come, and would
 * not resume. The end of the response alone makes all of them come again, and what they have of an event is dropped. An
 * EventSource reads a `retry` line without the empty one that would end an event.
 */
function endStream(stream: ServerResponse): void {
  // Whatever is written after the end.
  stream.on('error', () => {});
  const { socket } = stream;
  // One that does not read would keep us waiting.
  if (stream.writableNeedDrain) stream.destroy();
  else stream.end(`retry: ${RETRY_MS}\n`, () => socket?.end());
}
