import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { Api, ApiPlugin } from '../graphql/api.ts';
import type { Caller, Context } from '../graphql/builder.ts';
import { codedError, publicError, publicResult } from '../graphql/public-errors.ts';
import type { HttpLimits } from '../limits/config.ts';
import { type Accepted, acceptedBy } from './accepted.ts';
import { bodyOf, drained } from './body.ts';
import { dateHeader } from './date-header.ts';
import { EventStream } from './event-stream.ts';
import { answerOf, eventOf } from './graphql-answer.ts';
import { OpenStreams } from './open-streams.ts';
import { operate } from './operate.ts';
import { parametersOf } from './parameters.ts';
import { requestView } from './request-view.ts';

/** Makes the context of a request. Throws a GraphQL error when it is refused for who sends it. */
export type ContextOf = (request: IncomingMessage, requestId: string) => Context | Promise<Context>;

type Options = Readonly<{
  api: Api;
  plugins: readonly ApiPlugin[];
  contextOf: ContextOf;
  limits: HttpLimits;
  /** Sent with each answer. */
  headers: OutgoingHttpHeaders;
}>;

/** What plugins of Yoga can do around requests and answers as the web standard has them; the rest is Envelop's. */
const YOGAS_HOOKS = [
  'onRequest',
  'onResponse',
  'onRequestParse',
  'onParams',
  'onExecutionResult',
  'onResultProcess',
  'instrumentation',
] as const;

/**
 * GraphQL over HTTP, byte by byte: reads the parameters of a GET or of a POST of JSON, has Yoga do all that is between,
 * with every plugin, and writes one result as JSON, or a stream of them as server-sent events. Web-standard requests and
 * responses around each operation would cost more than a checkout does; where a plugin wants those, Yoga makes them, and
 * answers all requests itself.
 */
export class GraphQLTransport {
  readonly #options: Options;
  readonly #getEnveloped: Api['getEnveloped'];
  readonly #fetchAPI: Api['fetchAPI'];
  readonly #fields: readonly string[];
  readonly #isYogas: boolean;
  readonly #open = new OpenStreams();

  constructor(options: Options) {
    this.#options = options;
    this.#getEnveloped = options.api.getEnveloped;
    this.#fetchAPI = options.api.fetchAPI;
    this.#fields = Object.entries(options.headers).flat() as string[];
    this.#isYogas = options.plugins.some((plugin) => YOGAS_HOOKS.some((hook) => plugin[hook] !== undefined));
  }

  /** Answers a request; what goes wrong with it is an answer too. */
  async answer(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const accepted = acceptedBy(request.headers.accept);
    try {
      const method = checkedMethod(request, accepted);
      // Each promise costs, in a process that keeps track of them for the durable engine.
      const made = this.#options.contextOf(request, requestId);
      const context = made instanceof Promise ? await made : made;
      context.caller.takesStream = accepted.stream;
      const body = method === 'POST' ? await bodyOf(request, this.#options.limits.bodyBytes) : undefined;
      const params = parametersOf(request, body);
      if (this.#isYogas) return await this.#handOver(request, response, body, context);
      const view = requestView(this.#fetchAPI, request, body);
      const result = operate(this.#getEnveloped, params, Object.assign(context, { request: view, params }));
      const results = result instanceof Promise ? await result : result;
      if (Symbol.asyncIterator in results) this.#stream(results, response, context.caller);
      else this.#send(publicResult(results, requestId), accepted, response, context.caller);
    } catch (error) {
      if (!request.complete) await drained(request);
      this.#send({ errors: [publicError(error, requestId)] }, accepted, response, { requestId, headers: NONE });
    }
  }

  /** Writes one result: as JSON, or as a stream of one event for a client that takes nothing else. */
  #send(
    result: ExecutionResult,
    accepted: Accepted,
    response: ServerResponse,
    { requestId, headers: ofCaller }: Pick<Caller, 'requestId' | 'headers'>,
  ): void {
    const type = accepted.json ?? (accepted.stream ? undefined : 'application/json');
    const { status, headers, json } = answerOf(result, type);
    // What is left of a body that was refused must not be taken for the next request.
    if (!response.req.complete) response.setHeader('connection', 'close');
    const text = type === undefined ? EventStream.ofOne(json) : json;
    // As a list: Node.js takes several microseconds longer for an object.
    const fields = [
      ...this.#fields,
      'date',
      dateHeader(),
      'x-request-id',
      requestId,
      'content-type',
      type === undefined ? EventStream.TYPE : `${type}; charset=utf-8`,
      'content-length',
      String(Buffer.byteLength(text)),
    ];
    for (const name in ofCaller) fields.push(name, ofCaller[name]!);
    for (const name in headers) if (!(name in ofCaller)) fields.push(name, headers[name] as string);
    response.writeHead(status, fields);
    response.end(text);
  }

  /** Writes results as they come, for as long as the client is there. */
  #stream(results: AsyncIterable<ExecutionResult>, response: ServerResponse, { requestId }: Caller): void {
    const stream = new EventStream(response, results[Symbol.asyncIterator]());
    const close = () => {
      remove();
      stream.leave();
    };
    const remove = this.#open.add(stream);
    response.once('close', close);
    if (response.destroyed) close();
    else stream.begin({ ...this.#options.headers, date: dateHeader(), 'x-request-id': requestId });
    void stream.follow(eventOf);
  }

  async #handOver(
    request: IncomingMessage,
    response: ServerResponse,
    body: string | undefined,
    context: Context,
  ): Promise<void> {
    for (const [name, value] of Object.entries(this.#options.headers)) response.setHeader(name, value!);
    response.setHeader('date', dateHeader());
    response.setHeader('x-request-id', context.caller.requestId);
    // Yoga lets go of a stream whose client leaves while it is read, and not of one that is only being opened.
    context.caller.onLeave = (leave) => void (response.closed ? leave() : response.once('close', leave));
    // Yoga takes a body that has been read from here.
    await this.#options.api.handle(body === undefined ? request : Object.assign(request, { body }), response, context);
  }
}

function checkedMethod({ method }: IncomingMessage, accepted: Accepted): 'GET' | 'POST' {
  if (method !== 'GET' && method !== 'POST')
    throw codedError('METHOD_NOT_ALLOWED', 'Only GET and POST.', { http: { headers: { allow: 'GET, POST' } } });
  if (!accepted.json && !accepted.stream)
    throw codedError(
      'NOT_ACCEPTABLE',
      'Accept application/json, application/graphql-response+json or text/event-stream.',
    );
  return method;
}

const NONE = {};
