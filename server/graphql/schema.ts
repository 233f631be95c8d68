import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
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
  return builder.toSchema();
}

/** Writes a schema in the schema definition language, sorted, as it is committed. */
export function toSdl(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
