import { expect, test } from 'vitest';
import { Documents } from '../../server/graphql/documents.ts';
import { makeSchema } from '../../server/graphql/schema.ts';

const LARGE = 60_000;

const schema = makeSchema({ demo: true });
const small = (name: string) => `query ${name} { products(first: 1) { edges { node { id } } } }`;
const large = (name: string) => `${small(name)} #${' '.repeat(LARGE)}`;

test('a document is parsed once, however often it is sent', () => {
  const documents = new Documents(schema);
  const first = documents.operationOf(small('Again'), undefined);
  expect(first).toMatchObject({ node: { name: { value: 'Again' } } });
  expect(documents.operationOf(small('Again'), 'Again')).toBe(first);
  expect(documents.operationOf(small('Again'), 'Other')).toBeUndefined();
});

test('what is kept is bounded by its size: large documents drive the oldest out, small ones hardly', () => {
  const documents = new Documents(schema);
  const first = documents.operationOf(small('First'), undefined);
  for (let i = 0; i < 500; i++) documents.operationOf(small(`Small${i}`), undefined);
  expect(documents.operationOf(small('First'), undefined)).toBe(first);
  for (let i = 0; i < 5; i++) documents.operationOf(large(`Large${i}`), undefined);
  const again = documents.operationOf(small('First'), undefined);
  expect(again).toMatchObject({ node: { name: { value: 'First' } } });
  expect(again).not.toBe(first);
});
