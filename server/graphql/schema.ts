import { encodeGlobalID } from '@pothos/plugin-relay';
import { type GraphQLObjectType, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { addCrash } from '../operations/crash.graphql.ts';
import { builder } from './builder.ts';
import './node.graphql.ts';
import './scalars.ts';
import '../catalog/catalog.graphql.ts';
import '../catalog/subscriptions.graphql.ts';
import '../operations/operations.graphql.ts';
import '../operations/workflow-run.graphql.ts';
import '../orders/checkout.graphql.ts';
import '../orders/orders.graphql.ts';
import '../orders/subscriptions.graphql.ts';
import '../payments/payments.graphql.ts';

/** Makes the schema of this process; `demo`: with the crash button. Once for each process. */
export function makeSchema({ demo }: { demo: boolean }): GraphQLSchema {
  if (demo) addCrash();
  const schema = builder.toSchema();
  for (const type of Object.keys(LOCAL_IDS) as (keyof typeof LOCAL_IDS)[]) resolveIdAtOnce(schema, type);
  return schema;
}

/** What of a row makes its global id. */
const LOCAL_IDS = {
  Order: ({ id }: { id: string }) => id,
  Payment: ({ paymentId }: { paymentId: string }) => paymentId,
  Product: ({ id }: { id: number }) => String(id),
};

/**
 * The relay plugin resolves global ids by an async function, which makes promises of all objects around an id. An
 * answer without any is made in one go.
 */
function resolveIdAtOnce(schema: GraphQLSchema, type: keyof typeof LOCAL_IDS): void {
  const { id } = (schema.getType(type) as GraphQLObjectType).getFields();
  const localIdOf = LOCAL_IDS[type] as (row: unknown) => string;
  id!.resolve = (row) => encodeGlobalID(type, localIdOf(row));
}

/** Writes a schema in the schema definition language, sorted, as it is committed. */
export function toSdl(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
