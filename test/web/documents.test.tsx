import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';
import { expect, test } from 'vitest';
import * as generated from '../../web/src/gql/graphql.ts';

const documents = Object.values(generated).filter(
  (value): value is DocumentNode & typeof value => 'kind' in value && value.kind === Kind.DOCUMENT,
);

/** What changes with the version of an order. */
const STATE = ['status', 'cancelReason', 'payment', 'progress', 'version', 'updatedAt'];

/** The names of the fields of each selection in a document, those of its fragments among them. */
function selectionsOf(document: DocumentNode): string[][] {
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each.selectionSet] as const] : [],
    ),
  );
  const found: string[][] = [];
  function visit(set: SelectionSetNode): string[] {
    return set.selections.flatMap((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return visit(fragments.get(selection.name.value)!);
      if (selection.kind === Kind.INLINE_FRAGMENT) return visit(selection.selectionSet);
      if (selection.selectionSet) found.push(visit(selection.selectionSet));
      return [selection.name.value];
    });
  }
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) visit(definition.selectionSet);
  return found;
}

test('whoever asks for an order asks for its whole state: the cache would make one order of parts of two versions', () => {
  // Only an order has a number.
  const orders = documents.flatMap(selectionsOf).filter((fields) => fields.includes('number'));
  expect(orders.length).toBeGreaterThan(5);
  for (const fields of orders) expect(fields).toEqual(expect.arrayContaining(STATE));
});
