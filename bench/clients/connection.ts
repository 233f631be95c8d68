import { connect, type Socket } from 'node:net';

export type Answer = Readonly<{ status: number; retryAfterMs: number | undefined; body: string }>;
type Waiting = { resolve: (answer: Answer) => void; reject: (error: Error) => void };

const CRLF2 = Buffer.from('\r\n\r\n');

/**
 * A connection to a GraphQL endpoint that is kept open, with one request at a time. It costs a fraction of what
 * `fetch` does, which counts where the client shares the processors with what it measures.
 */
export class Connection {
  readonly #url: URL;
  readonly #head: string;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting | undefined;

  constructor(url: string, token?: string) {
    this.#url = new URL('/graphql', url);
    this.#head =
      `POST ${this.#url.pathname} HTTP/1.1\r\nhost: ${this.#url.host}\r\ncontent-type: application/json\r\n` +
      `accept: application/json\r\n${token ? `authorization: Bearer ${token}\r\n` : ''}content-length: `;
  }

  /** Sends a JSON text and resolves to the answer. Rejects when the connection is lost; the next one is a new one. */
  post(json: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket ??= this.#open();
      this.#socket.write(`${this.#head}${Buffer.byteLength(json)}\r\n\r\n${json}`);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    let problem = new Error('the connection was closed');
    socket.on('data', (data) => {
      this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
      const answer = read(this.#received);
      if (!answer) return;
      this.#received = Buffer.alloc(0);
      this.#waiting?.resolve(answer);
    });
    socket.on('error', (error) => {
      problem = error;
    });
    socket.on('close', () => {
      this.#socket = undefined;
      this.#received = Buffer.alloc(0);
      this.#waiting?.reject(problem);
    });
    return socket;
  }
}

/** Reads an answer of HTTP/1.1; undefined until it is complete. */
function read(data: Buffer): Answer | undefined {
  const end = data.indexOf(CRLF2);
  if (end < 0) return undefined;
  const head = data.toString('latin1', 0, end).toLowerCase();
  const body = data.subarray(end + CRLF2.length);
  const header = (name: string) => head.match(new RegExp(`\\r\\n${name}: *([^\\r]*)`))?.[1];
  const retryAfter = header('retry-after');
  const answer = (text: string): Answer => ({
    status: Number(head.slice(9, 12)),
    retryAfterMs: retryAfter === undefined ? undefined : Number(retryAfter) * 1000,
    body: text,
  });
  const length = header('content-length');
  if (length !== undefined) return body.length < Number(length) ? undefined : answer(body.toString());
  return header('transfer-encoding') === 'chunked' ? readChunks(body, answer) : answer('');
}

function readChunks(body: Buffer, answer: (text: string) => Answer): Answer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(body.toString('latin1', at, line), 16);
    const start = line + 2;
    if (body.length < start + size + 2) return undefined;
    if (size === 0) return answer(Buffer.concat(parts).toString());
    parts.push(body.subarray(start, start + size));
    at = start + size + 2;
  }
}
