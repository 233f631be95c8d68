import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpLimits } from '../limits/config.ts';
import { limitConnections } from './connections.ts';
import { endStream, isStream } from './event-stream.ts';
import type { Handler } from './front-door.ts';
import { answerInText } from './plain-answer.ts';

/** How often Node.js looks for connections whose time is over. */
const CHECK_MS = 2_000;
/** How often it is looked for clients that take nothing, within the time that they have. */
const LOOKS_AT_STALLED = 10;

type Exchange = Readonly<{ request: IncomingMessage; response: ServerResponse }>;

/** A connection: its requests that are not answered yet, of which the first is being answered. */
type Connection = { readonly unanswered: Exchange[]; refused: boolean };

/** The HTTP server around a handler, with its limits, and with an end in which nobody who waits for an answer loses it. */
export class HttpServer {
  /** Does not listen yet. */
  readonly server: Server;
  readonly #handle: Handler;
  readonly #mostPipelined: number;
  readonly #open = new Set<ServerResponse>();
  readonly #connections = new WeakMap<Socket, Connection>();
  #ending = false;

  constructor(handle: Handler, limits: HttpLimits) {
    this.#handle = handle;
    this.#mostPipelined = limits.pipelined;
    this.server = createServer(
      {
        maxHeaderSize: limits.headerBytes,
        headersTimeout: Math.min(limits.headersMs, limits.requestMs),
        requestTimeout: limits.requestMs,
        keepAliveTimeout: limits.idleMs,
        connectionsCheckingInterval: CHECK_MS,
      },
      this.#onRequest,
    );
    this.server.maxConnections = limits.connections;
    this.#watchStalled(limits.stalledMs);
    if (limits.connectionsOfClient !== undefined) limitConnections(this.server, limits.connectionsOfClient);
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const connection = this.#connections.get(socket) ?? { unanswered: [], refused: false };
    this.#connections.set(socket, connection);
    if (connection.refused) return;
    if (connection.unanswered.length >= this.#mostPipelined) {
      this.#refuse(connection, socket, response);
      return;
    }
    connection.unanswered.push({ request, response });
    // Answers leave in the order of the requests, so those behind the first would only wait in memory: and whoever sent
    // them may be gone by then, of which Node.js tells the first alone.
    if (connection.unanswered.length === 1) this.#answer({ request, response }, connection);
  };

  #answer({ request, response }: Exchange, connection: Connection): void {
    // Behind an answer that closes the connection there is none, and nobody would tell when this one is over.
    if (!response.socket) return;
    if (this.#ending) response.setHeader('connection', 'close');
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      connection.unanswered.shift();
      const [next] = connection.unanswered;
      if (next) this.#answer(next, connection);
    });
    this.#handle(request, response);
  }

  /**
   * Who sends more requests without waiting for an answer gets a 503 behind those, and is cut off with it. Nothing more is
   * read from the connection, since each request takes memory before anybody has looked at it.
   */
  #refuse(connection: Connection, socket: Socket, response: ServerResponse): void {
    if (connection.refused) return;
    connection.refused = true;
    socket.pause();
    const message = `More than ${this.#mostPipelined} requests without an answer on one connection.`;
    answerInText(response, 503, message, { connection: 'close' });
  }

  /**
   * Cuts off clients that take nothing of an answer for so long, since what they do not take stays in memory. Node's own
   * timeout would cost each request, and counts what a client sends as well.
   */
  #watchStalled(stalledMs: number): void {
    let behind = new Map<Socket, { taken: number; since: number }>();
    const look = () => {
      const before = behind;
      behind = new Map();
      for (const { socket } of this.#open) {
        if (!socket || socket.writableLength === 0) continue;
        const taken = socket.bytesWritten - socket.writableLength;
        const known = before.get(socket);
        const since = known?.taken === taken ? known.since : performance.now();
        if (performance.now() - since >= stalledMs) socket.destroy();
        else behind.set(socket, { taken, since });
      }
    };
    const clock = setInterval(look, stalledMs / LOOKS_AT_STALLED).unref();
    this.server.once('close', () => clearInterval(clock));
  }

  /**
   * Lets the clients go and ends. For `noticeMs`, requests are still answered, by answers that close their connections, so
   * that no client sends its next one into a connection that closes; and the streams are ended, each at a moment of its
   * own, so that their readers do not all come elsewhere at once. Then nobody is let in any more, and what is under way
   * gets `patienceMs` to finish.
   */
  async end(noticeMs: number, patienceMs: number): Promise<void> {
    this.#ending = true;
    for (const response of this.#open) if (!response.headersSent) response.setHeader('connection', 'close');
    for (const stream of this.#streams()) void delay(Math.random() * noticeMs).then(() => endStream(stream));
    await delay(noticeMs);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const stream of this.#streams()) endStream(stream);
    await Promise.race([closed, delay(patienceMs)]);
    this.server.closeAllConnections();
  }

  #streams(): ServerResponse[] {
    return [...this.#open].filter(isStream);
  }
}
