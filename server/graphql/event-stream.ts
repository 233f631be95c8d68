import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { logError } from './masking.ts';
import { Pace } from './pace.ts';

/** As Yoga writes it. */
const HEAD = {
  'Content-Type': 'text/event-stream',
  Connection: 'keep-alive',
  'Cache-Control': 'no-cache',
  'Content-Encoding': 'none',
};
const PING = Buffer.from(':\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');

/** Writing is most of what an event costs: some ten milliseconds of it in one turn. */
const pace = new Pace(500);

/** Writes a result as an event. */
export const eventOf = (json: string): Buffer => Buffer.from(`event: next\ndata: ${json}\n\n`);

/** One stream of server-sent events on its response, as fast as its reader reads and no faster. */
export class EventStream<Item> {
  readonly #response: ServerResponse;
  readonly #items: AsyncIterator<Item>;

  constructor(response: ServerResponse, items: AsyncIterator<Item>) {
    this.#response = response;
    this.#items = items;
  }

  /**
   * Writes the head, with these headers among others, and a ping: some browsers take notice of a head only when something
   * follows it. The headers stay on the response, where `drain.ts` knows a stream by its type.
   */
  begin(headers: OutgoingHttpHeaders): void {
    const response = this.#response;
    response.statusCode = 200;
    for (const [name, value] of Object.entries({ ...HEAD, ...headers })) response.setHeader(name, value!);
    response.write(PING);
  }

  /** Writes all items, then that there are no more. `failed` writes what stands for an error of theirs. */
  async follow(write: (item: Item) => Promise<Buffer>, failed: (error: unknown) => Buffer): Promise<void> {
    try {
      while (this.#isOpen) {
        const { done, value } = await this.#items.next();
        if (done) break;
        const event = await write(value);
        await pace.turn();
        if (this.#isOpen && !this.#response.write(event)) await this.#drained();
      }
    } catch (error) {
      if (this.#isOpen) this.#response.write(failed(error));
    }
    if (this.#isOpen) this.#response.end(COMPLETE);
  }

  /** Shows the reader that the connection lives; one that stalls needs no more to read. */
  ping(): void {
    if (this.#isOpen && !this.#response.writableNeedDrain) this.#response.write(PING);
  }

  /** Lets go of the items. */
  leave(): void {
    this.#items.return?.().catch(logError);
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
