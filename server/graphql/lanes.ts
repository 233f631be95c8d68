import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { bodyOf } from './body.ts';
import { Documents } from './documents.ts';
import { ExpressLane } from './express-lane.ts';
import { parametersOfBody, parametersOfTarget } from './parameters.ts';
import { StreamLane } from './stream-lane.ts';
import { type ContextOf, MAX_BODY_BYTES } from './yoga.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The short ways past Yoga, for what is asked most. */
export class Lanes {
  readonly #endpoint: string;
  readonly #contextOf: ContextOf;
  readonly #express: ExpressLane;
  readonly #streams: StreamLane;

  /** `headers`: sent with each answer. */
  constructor(schema: GraphQLSchema, endpoint: string, contextOf: ContextOf, headers: OutgoingHttpHeaders) {
    const documents = new Documents(schema);
    this.#endpoint = endpoint;
    this.#contextOf = contextOf;
    this.#express = new ExpressLane(schema, documents, headers);
    this.#streams = new StreamLane(schema, documents, headers);
  }

  /** Whether a request is for a lane, as far as its head tells. */
  takes(request: IncomingMessage): boolean {
    const { method, url, headers } = request;
    const isStream = StreamLane.takes(request);
    if (method === 'GET') return isStream && url!.startsWith(`${this.#endpoint}?`);
    const length = Number(headers['content-length']);
    const isSmall = length > 0 && length <= MAX_BODY_BYTES;
    return url === this.#endpoint && isSmall && (isStream || ExpressLane.takes(request));
  }

  /** Answers a request that was taken, or hands it over unanswered, with its body where it had one. */
  async answer(request: IncomingMessage, response: ServerResponse, handOver: Handler): Promise<void> {
    const context = this.#contextOf(request.headers.authorization ?? null);
    const lane = StreamLane.takes(request) ? this.#streams : this.#express;
    const body = request.method === 'GET' ? undefined : await bodyOf(request);
    const asked = body === undefined ? parametersOfTarget(request.url!) : parametersOfBody(body);
    if (asked && (await lane.answer(asked, response, context))) return;
    // Yoga takes a body that has been read from here.
    handOver(body === undefined ? request : Object.assign(request, { body }), response);
  }
}
