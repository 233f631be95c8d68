import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { execute, type GraphQLSchema } from 'graphql';
import { answerOf } from './answer.ts';
import type { Context } from './builder.ts';
import type { Documents } from './documents.ts';
import { mediaTypeOf } from './media-type.ts';
import type { Parameters } from './parameters.ts';

/**
 * Answers the commonest request on a short way: a POST of JSON that wants JSON back, with a valid query or mutation.
 * It is executed by graphql-js as ever; what is saved are the web-standard requests and responses around it, which
 * cost more than a checkout does. Anything else, all that is invalid included, is Yoga's.
 */
export class ExpressLane {
  readonly #schema: GraphQLSchema;
  readonly #documents: Documents;
  readonly #headers: OutgoingHttpHeaders;

  /** `headers`: sent with each answer. */
  constructor(schema: GraphQLSchema, documents: Documents, headers: OutgoingHttpHeaders) {
    this.#schema = schema;
    this.#documents = documents;
    this.#headers = headers;
  }

  /** Whether a request is of the kind that is answered here, as far as its headers tell. */
  static takes(request: IncomingMessage): boolean {
    return postsJson(request) && mediaTypeOf(request.headers.accept) !== undefined;
  }

  /** Answers a request. Resolves to whether it has: false leaves it to Yoga. */
  async answer(asked: Parameters, response: ServerResponse, context: Context): Promise<boolean> {
    const operation = this.#documents.operationOf(asked.query, asked.operationName);
    if (!operation || operation.node.operation === 'subscription') return false;
    const result = await execute({
      schema: this.#schema,
      document: operation.document,
      contextValue: context,
      variableValues: asked.variables,
    });
    // Its variables do not fit, so nothing has been executed.
    if (result.data === undefined) return false;
    const { status, json } = answerOf(result);
    response.writeHead(status, {
      'content-type': `${mediaTypeOf(response.req.headers.accept)}; charset=utf-8`,
      'content-length': Buffer.byteLength(json),
      ...this.#headers,
    });
    response.end(json);
    return true;
  }
}

/** Whether a request posts plain JSON, as far as its headers tell. */
export function postsJson({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'POST' &&
    /^application\/json\s*(;\s*charset=(utf|UTF)-8\s*)?$/.test(headers['content-type'] ?? '') &&
    headers['content-encoding'] === undefined
  );
}
