import type { GraphQLSchema } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { log } from '../infra/log.ts';
import type { OperationLimits } from '../limits/config.ts';
import type { Context } from './builder.ts';
import { type DatabaseAnswers, Deadlines } from './deadline.ts';
import { useDocuments } from './plugins/documents.ts';
import { useErrors } from './plugins/errors.ts';
import { useExecution } from './plugins/execution.ts';
import type { ListSizes } from './plugins/measure.ts';
import { operationLimitsRule } from './plugins/operation-limits.ts';

export type Api = YogaServerInstance<Context, object>;
export type ApiPlugin = Plugin<object, Context, object>;

type Options = Readonly<{
  schema: GraphQLSchema;
  limits: OperationLimits;
  listSizes: ListSizes;
  databaseAnswers: DatabaseAnswers;
  /** A shop's own plugins, of Yoga or Envelop: they govern every operation. */
  plugins: readonly ApiPlugin[];
}>;

/**
 * Makes the GraphQL API: what an operation goes through, from its parameters to its result. How requests come in and
 * answers go out is the transport's: see `server/http/graphql-transport.ts`.
 */
export function makeApi({ schema, limits, listSizes, databaseAnswers, plugins }: Options): Api {
  const deadlines = new Deadlines(limits, databaseAnswers);
  return createYoga<Context, object>({
    schema,
    plugins: [
      useDocuments(limits.tokens, [operationLimitsRule(limits, listSizes)]),
      useExecution(deadlines, limits),
      ...plugins,
      useErrors(),
    ] as Plugin<object, Context, object>[],
    // What is told of an error, and what is remembered of documents, is by the plugins above.
    maskedErrors: false,
    parserAndValidationCache: false,
    graphiql: false,
    landingPage: false,
    // No other origin: by default Yoga reflects any, with credentials.
    cors: false,
    multipart: false,
    logging: {
      debug: () => {},
      info: (...args) => log.debug(args.map(String).join(' ')),
      warn: (...args) => log.warn(args.map(String).join(' ')),
      error: (...args) => log.warn(args.map(String).join(' ')),
    },
  });
}
