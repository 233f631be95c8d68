import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { log } from '../infra/log.ts';
import { WriteThrottle } from './write-throttle.ts';

const TYPE = 'text/event-stream';
const HEAD = {
  'content-type': TYPE,
  // A proxy that compresses, or gathers what it passes on, would hold events back for minutes; the last is nginx's.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};
const PING = Buffer.from(':\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');

/** Writing is most of what an event costs: some ten milliseconds of it in one turn. */
const throttle = new WriteThrottle(500);

/** An EventSource comes again after this; other clients have times of their own. */
const RETRY_MS = 500;

/** Whether what a response sends is a stream. */
export const isStream = (response: ServerResponse): boolean => response.getHeader('content-type') === TYPE;

/**
 * Ends a stream without the protocol's `complete`: by that, clients understand that there is no more to come, and would
 * not resume. The end of the response alone makes all of them come again, and what they have of an event is dropped. An
 * EventSource reads a `retry` line without the empty one that would end an event.
 */
export function endStream(stream: ServerResponse): void {
  // Whatever is written after the end.
  stream.on('error', () => {});
  const { socket } = stream;
  // One that does not read would keep us waiting.
  if (stream.writableNeedDrain) stream.destroy();
  else stream.end(`retry: ${RETRY_MS}\n`, () => socket?.end());
}

/** One stream of server-sent events on its response, as fast as its reader reads and no faster. */
export class EventStream<Item> {
  static readonly TYPE = TYPE;

  readonly #response: ServerResponse;
  readonly #items: AsyncIterator<Item>;

  constructor(response: ServerResponse, items: AsyncIterator<Item>) {
    this.#response = response;
    this.#items = items;
  }

  /** Writes a stream of one event, whole. */
  static ofOne(json: string): string {
    return `event: next\ndata: ${json}\n\n${COMPLETE}`;
  }

  /**
   * Writes the head, with these headers among others, and a ping: some browsers take notice of a head only when something
   * follows it. The headers stay on the response, by which `isStream` knows it.
   */
  begin(headers: OutgoingHttpHeaders): void {
    const response = this.#response;
    response.statusCode = 200;
    for (const [name, value] of Object.entries({ ...headers, ...HEAD })) response.setHeader(name, value!);
    response.write(PING);
  }

  /** Writes all items, then that there are no more. Breaks the stream off when they fail: its reader comes again. */
  async follow(write: (item: Item) => Buffer): Promise<void> {
    try {
      while (this.#isOpen) {
        const { done, value } = await this.#items.next();
        if (done) break;
        await throttle.turn();
        if (this.#isOpen && !this.#response.write(write(value))) await this.#drained();
      }
      if (this.#isOpen) this.#response.end(COMPLETE);
    } catch (error) {
      log.error({ err: error }, 'a stream failed');
      this.#response.destroy();
    }
  }

  /** Shows the reader that the connection lives; one that stalls needs no more to read. */
  ping(): void {
    if (this.#isOpen && !this.#response.writableNeedDrain) this.#response.write(PING);
  }

  /** Lets go of the items. */
  leave(): void {
    this.#items.return?.().catch((error: unknown) => log.error({ err: error }, 'a stream was not let go'));
  }

  get #isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  #drained(): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      const done = () => {
        response.off('drain', done).off('close', done);
        resolve();
      };
      response.on('drain', done).on('close', done);
    });
  }
}
