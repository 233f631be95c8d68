import { Agent, request as send } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * The network as a client of a store sees it that is replaced under load. What is sent goes over connections that are kept
 * open. A connection that is closed before any of the answer came is no failure: the request goes over another one. All
 * else that is not an answer of the API is: a refused connection, an answer that is cut off, a status other than 200.
 */
export class Wire {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #store: string;
  /** How often a connection was closed instead of answering. */
  closed = 0;

  constructor(storeUrl: string) {
    this.#store = storeUrl;
  }

  /** Sends a request to the store, and again when its connection is closed; for `clientOf`. Throws at what must not be. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const body = await request.text();
    for (;;) {
      const answer = await this.#once(request, body);
      if (answer !== 'closed') return answer;
      this.closed++;
    }
  };

  #once({ url, method, headers }: Request, body: string): Promise<Response | 'closed'> {
    return new Promise((resolve, reject) => {
      const sent = send(new URL(new URL(url).pathname, this.#store), {
        method,
        headers: Object.fromEntries(headers),
        agent: this.#agent,
      });
      sent.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve('closed');
        else reject(error);
      });
      sent.once('response', (response) => {
        text(response).then((answer) => {
          if (response.statusCode === 200) resolve(new Response(answer));
          else reject(new Error(`Status ${response.statusCode}: ${answer}`));
        }, reject);
      });
      sent.end(body);
    });
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}
