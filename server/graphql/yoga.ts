import { PothosValidationError } from '@pothos/core';
import { GraphQLError } from 'graphql';
import { createYoga, maskError, type YogaServerInstance } from 'graphql-yoga';
import { log } from '../infra/log.ts';
import { StillWorkingError } from '../infra/patience.ts';
import { FellBehindError } from '../orders/orders.events.ts';
import type { Context } from './builder.ts';
import { jsonOnly } from './json-only.ts';
import { makeSchema } from './schema.ts';

/** More than any document of a client needs; Yoga would take 25 MB. */
const MAX_BODY_BYTES = 64 * 1024;

export type Api = YogaServerInstance<Record<string, never>, Context>;

/** Makes the GraphQL endpoint, `/graphql`: queries, mutations, streams by server-sent events, GraphiQL in demo mode. */
export function makeApi(demo: boolean, contextOf: (request: Request) => Context): Api {
  return createYoga<Record<string, never>, Context>({
    schema: makeSchema({ demo }),
    context: ({ request }) => contextOf(request),
    graphiql: demo && { title: 'Checkout API', defaultQuery: EXAMPLE },
    // From our own files, when first asked for: the default page loads its script from elsewhere.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    landingPage: false,
    // No other origin: by default Yoga reflects any, with credentials.
    cors: false,
    multipart: false,
    plugins: [jsonOnly],
    maxRequestBodySize: MAX_BODY_BYTES,
    maskedErrors: { maskError: (error, message) => expected(error) ?? maskError(error, message) },
    logging: {
      debug: (...args) => log.trace(args.map(String).join(' ')),
      info: (...args) => log.debug(args.map(String).join(' ')),
      warn: (...args) => log.warn(args.map(String).join(' ')),
      error: (error) =>
        log[expected(error) ? 'info' : 'error']({
          err: error instanceof GraphQLError ? (error.originalError ?? error) : error,
        }),
    },
  });
}

/** What is the caller's to know although it was thrown. */
function expected(error: unknown): GraphQLError | undefined {
  const original = error instanceof GraphQLError ? error.originalError : error;
  const code =
    original instanceof PothosValidationError
      ? 'BAD_USER_INPUT'
      : original instanceof StillWorkingError
        ? 'STILL_WORKING'
        : original instanceof FellBehindError
          ? 'FELL_BEHIND'
          : undefined;
  if (code === undefined || !(original instanceof Error)) return undefined;
  const { nodes, positions, path } = error instanceof GraphQLError ? error : {};
  return new GraphQLError(original.message, { nodes, positions, path, extensions: { code } });
}

const EXAMPLE = `# The store's API: Ctrl-Enter runs the query, the book on the left has the documentation.
{
  products {
    edges {
      node { id name price { amount currencyCode } inventory }
    }
  }
}
`;
