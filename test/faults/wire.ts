import { Agent, request as send } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * The network as a client of a store sees it that is replaced under load. What is sent goes over connections that are kept
 * open. A connection that is closed before any of the answer came is no failure: the request goes over another one. All
 * else that is not an answer of the API is: a refused connection, an answer that is cut off, a status other than 200.
 */
export class Wire {
  readonly #agent = new Agent({ keepAlive: true });
  /** How often a connection was closed instead of answering. */
  closed = 0;

  /** Sends a request to the store, and again when its connection is closed; for `clientOf`. Throws at what must not be. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    for (;;) {
      const answer = await this.#once(url, init);
      if (answer !== 'closed') return answer;
      this.closed++;
    }
  };

  #once(url: string, { method, headers, body }: RequestInit): Promise<Response | 'closed'> {
    return new Promise((resolve, reject) => {
      const sent = send(url, { method, headers: headers as Record<string, string>, agent: this.#agent });
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
      sent.end(body as string);
    });
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}
