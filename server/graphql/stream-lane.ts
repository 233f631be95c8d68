import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createSourceEventStream, execute, type GraphQLSchema, locatedError } from 'graphql';
import { answerOf } from './answer.ts';
import type { Context } from './builder.ts';
import type { Documents, Operation } from './documents.ts';
import { EventStream, eventOf } from './event-stream.ts';
import { postsJson } from './express-lane.ts';
import { logError } from './masking.ts';
import { OpenStreams } from './open-streams.ts';
import type { Parameters } from './parameters.ts';
import { Payloads } from './payloads.ts';

type Variables = Parameters['variables'];

/**
 * Streams subscriptions on a short way, byte by byte as Yoga does: a GET, or a POST of JSON, that wants server-sent
 * events and has a valid subscription. Readers who are told the same event with the same words share its execution.
 * Anything else, whatever is refused included, is Yoga's.
 */
export class StreamLane {
  readonly #schema: GraphQLSchema;
  readonly #documents: Documents;
  readonly #payloads = new Payloads();
  readonly #open = new OpenStreams();
  readonly #headers: OutgoingHttpHeaders;

  /** `headers`: sent with each answer. */
  constructor(schema: GraphQLSchema, documents: Documents, headers: OutgoingHttpHeaders) {
    this.#schema = schema;
    this.#documents = documents;
    this.#headers = headers;
  }

  /** Whether a request is of the kind that is answered here, as far as its headers tell. */
  static takes(request: IncomingMessage): boolean {
    return request.headers.accept === 'text/event-stream' && (request.method === 'GET' || postsJson(request));
  }

  /** Opens the stream that is asked for. Resolves, before it ends, to whether it has: false leaves it to Yoga. */
  async answer(asked: Parameters, response: ServerResponse, context: Context): Promise<boolean> {
    const operation = this.#documents.operationOf(asked.query, asked.operationName);
    if (operation?.node.operation !== 'subscription') return false;
    const source = await createSourceEventStream({
      schema: this.#schema,
      document: operation.document,
      contextValue: context,
      variableValues: asked.variables,
    });
    if (!(Symbol.asyncIterator in source)) return false;
    this.#follow(source as AsyncIterable<object>, operation, asked.variables, context, response);
    return true;
  }

  #follow(
    source: AsyncIterable<object>,
    operation: Operation,
    variables: Variables,
    context: Context,
    response: ServerResponse,
  ): void {
    const events = source[Symbol.asyncIterator]();
    const stream = new EventStream(response, events);
    const remove = this.#open.add(stream);
    const leave = () => {
      remove();
      stream.leave();
    };
    response.once('close', leave);
    if (response.destroyed) leave();
    else stream.begin(this.#headers);
    const words = wordsOf(operation, variables, context);
    const write = (event: object) =>
      this.#payloads.of(event, words, () => this.#write(event, operation, variables, context));
    const failed = (error: unknown) => eventOf(answerOf({ errors: [locatedError(error, operation.node)] }).json);
    stream.follow(write, failed).catch(logError);
  }

  async #write(event: object, { document }: Operation, variables: Variables, context: Context): Promise<Buffer> {
    const result = await execute({
      schema: this.#schema,
      document,
      rootValue: event,
      // What is loaded for one event is kept with its context, and the next one wants it anew.
      contextValue: { ...context },
      variableValues: variables,
    });
    return eventOf(answerOf(result).json);
  }
}

/** What makes a difference to how an event is told: the document, the variables within it, and who asks. */
function wordsOf({ id, inner }: Operation, variables: Variables, context: Context): string {
  const values = Object.fromEntries(inner.map((name) => [name, variables?.[name]]));
  return JSON.stringify([id, values, context]);
}
