import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DocumentNode, execute, type GraphQLError, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import type { Context } from './builder.ts';
import { logError, masked } from './masking.ts';

/** Documents kept parsed and validated; clients have few, and send them again and again. */
const MOST_DOCUMENTS = 500;

type Body = { query: string; variables?: Record<string, unknown> | null; operationName?: string | null };

/** What extensions tell the server alone. */
type Internals = { http?: { status?: number }; unexpected?: boolean };

/** `undefined`: not for this lane. */
type Known = DocumentNode | undefined;

/**
 * Answers the commonest request on a short way: a POST of JSON that wants JSON back, with a valid query or mutation.
 * It is executed by graphql-js as ever; what is saved are the web-standard requests and responses around it, which
 * cost more than a checkout does. Anything else, all that is invalid included, is Yoga's: `handOver` gets the body.
 */
export class ExpressLane {
  readonly #schema: GraphQLSchema;
  readonly #documents = new Map<string, Known>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** Whether a request is of the kind that is answered here, as far as its headers tell. */
  static takes({ method, headers }: IncomingMessage): boolean {
    const accept = headers.accept ?? '*/*';
    return (
      method === 'POST' &&
      /^application\/json\s*(;\s*charset=(utf|UTF)-8\s*)?$/.test(headers['content-type'] ?? '') &&
      headers['content-encoding'] === undefined &&
      (accept === '*/*' || /^application\/json(\s*,\s*\*\/\*)?$/.test(accept))
    );
  }

  /** Answers a request whose body has been read, or hands it over unanswered. */
  async answer(text: string, response: ServerResponse, context: Context, handOver: () => void): Promise<void> {
    const body = bodyOf(text);
    const document = body && this.#documentOf(body.query);
    if (!body || !document || !isMeant(document, body.operationName)) return handOver();
    const result = await execute({
      schema: this.#schema,
      document,
      contextValue: context,
      variableValues: body.variables,
      operationName: body.operationName,
    });
    // Its variables do not fit, so nothing has been executed.
    if (result.data === undefined) return handOver();
    let status = 200;
    const errors = result.errors?.map((error) => {
      logError(error);
      const shown = masked(error) as GraphQLError;
      const { http, unexpected: _, ...extensions } = shown.extensions as Internals;
      status = Math.max(status, http?.status ?? 0);
      return {
        ...shown.toJSON(),
        ...(Object.keys(extensions).length > 0 ? { extensions } : { extensions: undefined }),
      };
    });
    const payload = JSON.stringify({ ...(errors && { errors }), data: result.data });
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(payload),
      'x-content-type-options': 'nosniff',
    });
    response.end(payload);
  }

  #documentOf(source: string): Known {
    if (this.#documents.has(source)) return this.#documents.get(source);
    const document = this.#valid(source);
    if (this.#documents.size >= MOST_DOCUMENTS) this.#documents.delete(this.#documents.keys().next().value!);
    this.#documents.set(source, document);
    return document;
  }

  #valid(source: string): Known {
    try {
      const document = parse(source);
      return validate(this.#schema, document).length === 0 ? document : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Whether a document has one operation, which is no stream and is the one that is named, if one is. */
function isMeant({ definitions }: DocumentNode, name: string | null | undefined): boolean {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  return (
    operations.length === 1 &&
    operation?.operation !== 'subscription' &&
    (name == null || name === operation?.name?.value)
  );
}

function bodyOf(text: string): Body | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const { query, variables, operationName, ...more } = body as Record<string, unknown>;
  if (typeof query !== 'string' || Object.keys(more).length > 0) return undefined;
  if (typeof (variables ?? {}) !== 'object' || Array.isArray(variables)) return undefined;
  if (operationName != null && typeof operationName !== 'string') return undefined;
  return body as Body;
}
