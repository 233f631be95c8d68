import type { Chance } from './chance.ts';
import type { Request } from './documents.ts';
import { NUMBERS, TEXTS } from './values.ts';

type Breaker = (request: Request, chance: Chance) => unknown;

const NOISE = [
  '{',
  '}',
  '(',
  ')',
  '"',
  '"""',
  '$',
  '@',
  '...',
  ':',
  '!',
  '[',
  ']',
  '\0',
  '#',
  '\u2028',
  '\ud800',
  '&',
  '|',
  '=',
  '-',
  '9e99',
];
const query = (text: string): Request => ({ query: text, variables: {} });
const nest = (open: string, inner: string, times: number) => `${open.repeat(times)}${inner}${'}'.repeat(times)}`;

/** Ways to make a document, or what stands around it, something that nobody should send. */
const BREAKERS: readonly Breaker[] = [
  // Broken text.
  ({ query: text, ...rest }, chance) => ({ ...rest, query: text.slice(0, chance.below(text.length)) }),
  ({ query: text, ...rest }, chance) => {
    const at = chance.below(text.length);
    return { ...rest, query: text.slice(0, at) + text.slice(at + 1 + chance.below(8)) };
  },
  ({ query: text, ...rest }, chance) => {
    const at = chance.below(text.length);
    return { ...rest, query: text.slice(0, at) + chance.of(NOISE).repeat(1 + chance.below(3)) + text.slice(at) };
  },
  ({ query: text, ...rest }, chance) => ({ ...rest, query: text.replace(/\w+/, chance.of(TEXTS)) }),
  ({ query: text, ...rest }, chance) => ({
    ...rest,
    query: text.replace(/\d+|"[^"]*"/g, () => (chance.is(0.3) ? String(chance.of(NUMBERS)) : '"x"')),
  }),
  // Deep.
  (_request, chance) => query(nest('{products{edges{node', '{id}', chance.of([5, 300, 3_000]))),
  (_request, chance) => query(nest('{orders{edges{node{events{order', '{id}', chance.of([1, 4, 20]))),
  (_request, chance) => query(`{a(x:${'['.repeat(chance.of([10, 3_000]))}`),
  (_request, chance) => query(nest('{__schema{types{fields{type{ofType', '{name}', chance.of([1, 3, 8]))),
  // Wide.
  (_request, chance) =>
    query(`{${chance.times(chance.of([10, 25, 400]), (i) => `a${i}:products(first:100){edges{node{id}}}`).join(' ')}}`),
  (_request, chance) => query(`{products{edges{node{${'id '.repeat(chance.of([10, 900, 20_000]))}}}}}`),
  (_request, chance) => query(`{products${' @include(if:true)'.repeat(chance.of([2, 30, 2_000]))}{edges{cursor}}}`),
  (_request, chance) =>
    query(
      `mutation{${chance.times(chance.of([2, 6, 300]), (i) => `a${i}:cancelOrder(input:{orderId:"x"}){__typename}`).join(' ')}}`,
    ),
  // Fragments that lead to themselves, or to each other, or are spread a power of times.
  () => query('{...A} fragment A on Query{...A}'),
  () => query('{...A} fragment A on Query{...B} fragment B on Query{...A products{edges{cursor}}}'),
  (_request, chance) => {
    const count = chance.of([5, 18, 40]);
    const fragments = chance.times(count, (i) => `fragment F${i} on Query{a${i}:__typename ...F${i + 1} ...F${i + 1}}`);
    return query(`{...F0} ${fragments.join(' ')} fragment F${count} on Query{__typename}`);
  },
  // Variables that are not what they are said to be.
  (request, chance) => ({
    ...request,
    variables: Object.fromEntries(
      Object.keys(request.variables).map((name) => [
        name,
        chance.of<unknown>([null, true, {}, [], [[1]], ...NUMBERS, ...TEXTS]),
      ]),
    ),
  }),
  (request) => ({ ...request, variables: {} }),
  (request, chance) => ({
    ...request,
    variables: chance.of<unknown>([null, [], 'text', 7, true, { __proto__: null, constructor: 1 }]),
  }),
  (request, chance) => ({ ...request, operationName: chance.of<unknown>(['Nothing', '', 7, null, {}, '__proto__']) }),
  (request, chance) => ({
    ...request,
    extensions: chance.of<unknown>([null, {}, { persistedQuery: { version: 1, sha256Hash: 'x' } }, 'x', 7]),
  }),
  // Something else.
  (_request, chance) => ({
    query: chance.of<unknown>([null, 7, {}, [], '', ' ', '#', '\ufeff{__typename}', 'subscription', ...TEXTS]),
  }),
  (request) => [request, request],
  (_request, chance) => chance.of<unknown>([null, 7, 'text', [], {}, { mutation: 'x' }]),
  ({ query: text, ...rest }) => ({ ...rest, query: `${text} ${text}` }),
]; // prettier-ignore

/** Makes of a request one that should not be sent. */
export function broken(request: Request, chance: Chance): unknown {
  return chance.of(BREAKERS)(request, chance);
}
