import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDocument } from '@urql/core';
import { type DocumentNode, getIntrospectionQuery, Kind, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { readEnv } from '../../server/env.ts';
import { type Measure, measure } from '../../server/graphql/plugins/measure.ts';
import { makeSchema } from '../../server/graphql/schema.ts';
import { root } from '../../server/infra/root.ts';

const schema = makeSchema({ demo: true });
const limits = readEnv({}).limits.operation;

/** As where a dispatch has ten steps. */
const LIST_SIZES = { 'Order.events': 13 };

function measured(document: string): Measure {
  const [only] = measure(schema, parse(document), LIST_SIZES).values();
  return only!;
}

const orders = (args: string, fields = 'id') => `{ orders${args} { edges { node { ${fields} } } } }`;

test.each([
  ['{ server { demo } }', 2, 2],
  ['{ server { demo executorId startedAt } }', 4, 2],
  ['{ __typename }', 1, 1],
  // Each list multiplies what is in it: of lines there are 5, of events 13.
  ['{ order(id: "x") { lines { sku name } } }', 1 + 1 + 5 * 2, 3],
  ['{ order(id: "x") { events { version order { lines { sku } } } } }', 1 + 1 + 13 * (1 + 1 + (1 + 5 * 1)), 5],
  // A page is of 20 unless told, of as many as it says, and of 100 where that stands in a variable.
  [orders(''), 1 + 1 + 20 * 2, 4],
  [orders('(first: 3)'), 1 + 1 + 3 * 2, 4],
  [orders('(last: 7)'), 1 + 1 + 7 * 2, 4],
  [orders('(first: 1000)'), 1 + 1 + 100 * 2, 4],
  [orders('(first: null)'), 1 + 1 + 20 * 2, 4],
  [`query ($n: Int) ${orders('(first: $n)')}`, 1 + 1 + 100 * 2, 4],
  [`query ($n: Int) ${orders('(first: $n, last: 2)')}`, 1 + 1 + 100 * 2, 4],
  ['{ orders(first: 5) { pageInfo { hasNextPage } } }', 3, 3],
  // Fragments count as what they stand for, each time.
  [
    '{ order(id: "x") { ...F } } fragment F on Order { id lines { ...L } } fragment L on OrderLine { sku }',
    1 + 1 + 1 + 5,
    3,
  ],
  ['{ a: order(id: "x") { ...F } b: order(id: "y") { ...F } } fragment F on Order { id }', 4, 2],
  ['{ orders(first: 3) { ...C } } fragment C on OrderConnection { edges { node { id } } }', 1 + 1 + 3 * 2, 4],
  ['{ order(id: "x") { ... { id } ... on Order { number } } }', 3, 2],
  ['{ node(id: "x") { id ... on Order { lines { sku } } ... on Product { sku } } }', 1 + 1 + 6 + 1, 3],
  // What the schema does not have, and fragments that are not there or go in a circle, are refused by other rules.
  ['{ nothing { at { all } } server { demo } }', 2, 2],
  ['{ server { ...Missing demo } }', 2, 2],
  ['{ order(id: "x") { ...F } } fragment F on Order { id ...F }', 2, 2],
])('%s', (document, cost, depth) => {
  expect(measured(document)).toMatchObject({ cost, depth, recursion: undefined });
});

test('fields at the root count under each of their names, also in fragments', () => {
  const document = `{ a: __typename b: __typename a: __typename ...F ... { c: __typename } }
    fragment F on Query { d: __typename ...G } fragment G on Query { e: __typename ...F }`;
  expect(measured(document).rootFields).toBe(5);
});

test.each([
  ['{ order(id: "x") { events { order { events { version } } } } }', 'OrderEvent.order'],
  [
    '{ order(id: "x") { ...F } } fragment F on Order { events { order { ...G } } } fragment G on Order { events { at } }',
    'Order.events',
  ],
])('a field within itself is seen: %s', (document, coordinate) => {
  expect([coordinate, 'Order.events']).toContain(measured(document).recursion);
});

test('fragments within fragments are measured once each, however often they are spread', () => {
  const levels = 200;
  const spread = (n: number) => `fragment F${n} on Order { ...F${n + 1} ...F${n + 1} }`;
  const fragments = Array.from({ length: levels }, (_, n) => spread(n)).join(' ');
  const document = `{ order(id: "x") { ...F0 } } ${fragments} fragment F${levels} on Order { id }`;
  expect(measured(document).cost).toBe(1 + 2 ** levels);
});

test.each([
  ['{ __schema { a: types { name } } }', true],
  [
    '{ __type(name: "Order") { ...T } } fragment T on __Type { ...U } fragment U on __Type { ... { f: fields { name } } }',
    true,
  ],
  ['{ a: __schema { types { name } } b: __typename }', false],
  ['{ __schema { ...S } } fragment S on __Schema { types { name } ...S }', false],
])('an alias within introspection is seen: %s', (document, seen) => {
  expect(measured(document).introspectionAliases).toBe(seen);
});

test('a directive at the root is seen, also in a fragment', () => {
  expect(measured('{ __typename @skip(if: true) }').rootDirectives).toBe(true);
  expect(measured('{ ...F } fragment F on Query { server @include(if: true) { demo } }').rootDirectives).toBe(true);
  expect(measured('{ server { demo @skip(if: true) } }').rootDirectives).toBe(false);
});

const webDocuments = readFileSync(join(root, 'web/src/gql/graphql.ts'), 'utf8');

test('every operation of the web client keeps its distance from each limit', () => {
  const documents = [...webDocuments.matchAll(/export const \w+Document = (\{.*\}) as unknown/g)].map(([, json]) =>
    // Printed as an object whose keys are in quotes.
    JSON.parse(json!),
  );
  expect(documents.length).toBeGreaterThan(8);
  for (const document of documents) {
    expect(validate(schema, document)).toEqual([]);
    // As it is sent: the cache of the pages asks for the type of everything.
    const sent = formatDocument(document as DocumentNode);
    for (const [operation, { cost, depth, rootFields, recursion }] of measure(schema, sent, LIST_SIZES)) {
      const name = operation.name?.value;
      const most = operation.operation === 'subscription' ? limits.subscriptionCost : limits.cost;
      expect(cost, name).toBeLessThan(most * 0.95);
      expect(depth, name).toBeLessThan(limits.depth * 0.8);
      expect(rootFields, name).toBe(1);
      expect(recursion, name).toBeUndefined();
    }
  }
});

test('the introspection of tools passes', () => {
  const query = getIntrospectionQuery({
    descriptions: true,
    inputValueDeprecation: true,
    oneOf: true,
    specifiedByUrl: true,
  });
  const { cost, depth } = measured(query);
  expect(cost).toBeLessThan(limits.cost);
  expect(depth).toBeLessThanOrEqual(limits.depth);
  expect(parse(query).definitions.map(({ kind }) => kind)).toContain(Kind.OPERATION_DEFINITION);
});
