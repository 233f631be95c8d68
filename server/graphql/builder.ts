import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type { GraphQLError } from 'graphql';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';
import { currentDatabase } from '../infra/database.ts';
import type { Quota } from '../limits/quotas.ts';
import type { CheckoutTerms } from '../orders/orders.commands.ts';
import { codedError } from './public-errors.ts';

/** Who sent a request, and what belongs to that request alone. */
export type Caller = Readonly<{
  /** Names the request, in its answer and in the log. */
  requestId: string;
  /** Names the client that limits are counted for. */
  client: string;
  /** Whose idempotency keys are meant: those of a token are its own; '' for whoever has none. */
  scope: string;
  quota: Quota;
  /** Headers that the answer is to have. */
  headers: Record<string, string>;
}> & {
  /** Whether it takes a stream for an answer. */
  takesStream?: boolean;
  /** Has a function called when it has left; where the transport itself does not let go of a stream. */
  onLeave?: (leave: () => void) => void;
};

/** What a resolver knows of the request and of the process that serves it. */
export type Context = Readonly<{
  caller: Caller;
  /** Whether the caller may use the operators' fields: anyone in demo mode, else the bearer of a token. */
  operator: boolean;
  demo: boolean;
  executorId: string;
  startedAt: Date;
  terms: CheckoutTerms;
}>;

/** Thrown when an operators' field is asked for by someone else. */
export function unauthenticated(): GraphQLError {
  const headers = { 'www-authenticate': 'Bearer realm="store"' };
  return codedError('UNAUTHENTICATED', 'This field is for operators: send `Authorization: Bearer <operator token>`.', {
    http: { headers },
  });
}

/** The one schema builder: every file named `*.graphql.ts` adds its types and fields to it. */
export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  AuthScopes: { operator: boolean };
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: true;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Decimal: { Input: string; Output: string };
    SafeInt: { Input: number; Output: number };
  };
}>({
  plugins: [ScopeAuthPlugin, RelayPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  defaultInputFieldRequiredness: true,
  scopeAuth: {
    authScopes: ({ operator }) => ({ operator }),
    unauthorizedError: unauthenticated,
    authorizeOnSubscribe: true,
  },
  prisma: { client: currentDatabase, dmmf: getDatamodel(), exposeDescriptions: false },
  relay: {
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodeTypeOptions: { description: 'Something with a global id, by which `node` finds it again.' },
    pageInfoTypeOptions: { description: 'Where a page stands among the others.' },
    hasNextPageFieldOptions: { description: 'Whether there is more after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
    startCursorFieldOptions: { description: 'The first cursor of the page; null when it is empty.' },
    endCursorFieldOptions: { description: 'The last cursor of the page; null when it is empty.' },
    edgesFieldOptions: { description: 'The page, in order.' },
    nodeFieldOptions: { nullable: false, description: 'What stands there.' },
    cursorFieldOptions: { description: 'Give it as `after` or `before` to go on from here.' },
    pageInfoFieldOptions: { description: 'Where this page stands among the others.' },
    idFieldOptions: { description: 'Global id.' },
    firstArgOptions: { description: 'How many, from the start or from `after` on.' },
    lastArgOptions: { description: 'How many, back from the end or from `before`.' },
    afterArgOptions: { description: 'The cursor after which the page starts.' },
    beforeArgOptions: { description: 'The cursor before which the page ends.' },
  },
});

builder.queryType({ description: 'What can be read.' });
builder.mutationType({ description: 'What can be changed. Every mutation is safe to send again.' });
builder.subscriptionType({ description: 'What can be watched, by server-sent events on this same endpoint.' });
