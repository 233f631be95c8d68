import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import { log } from '../infra/log.ts';
import type { Context } from './builder.ts';
import { jsonOnly } from './json-only.ts';
import { logError, masked } from './masking.ts';

/** More than any document of a client needs; Yoga would take 25 MB. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Makes the context of a request from its `Authorization` header. */
export type ContextOf = (authorization: string | null) => Context;

export type Api = YogaServerInstance<Record<string, never>, Context>;

/** Makes the GraphQL endpoint, `/graphql`: queries, mutations, streams by server-sent events, GraphiQL in demo mode. */
export function makeApi(schema: GraphQLSchema, demo: boolean, contextOf: ContextOf): Api {
  return createYoga<Record<string, never>, Context>({
    schema,
    context: ({ request }) => contextOf(request.headers.get('authorization')),
    graphiql: demo && { title: 'Checkout API', defaultQuery: EXAMPLE },
    // From our own files, when first asked for: the default page loads its script from elsewhere.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    landingPage: false,
    // No other origin: by default Yoga reflects any, with credentials.
    cors: false,
    multipart: false,
    plugins: [jsonOnly],
    maxRequestBodySize: MAX_BODY_BYTES,
    // What is sent often goes by the lanes, which keep theirs by size; a thousand of the largest here would be gigabytes.
    parserAndValidationCache: false,
    maskedErrors: { maskError: masked },
    logging: {
      debug: (...args) => log.trace(args.map(String).join(' ')),
      info: (...args) => log.debug(args.map(String).join(' ')),
      warn: (...args) => log.warn(args.map(String).join(' ')),
      error: logError,
    },
  });
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
