import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const { client } = useApp();
const ORDERS = 45;

type Page = {
  edges: { cursor: string; node: { id: string; number: number; status: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
};
const pageOf = (args: Record<string, unknown>) =>
  client.ask<Page>(
    `query ($first: Int, $after: String, $last: Int, $before: String, $filter: OrderFilter) {
      orders(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        edges { cursor node { id number status } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    args,
  );
const numbersOf = ({ edges }: Page) => edges.map(({ node }) => node.number);

let numbers: number[];
beforeAll(async () => {
  const { id: productId } = await client.product('WIDGET');
  numbers = [];
  for (let i = 0; i < ORDERS; i++) {
    const { order } = await client.checkout(`order ${i}`, [{ productId }]);
    numbers.unshift(order!.number);
    if (i % 3 === 0) await client.cancel(order!.id);
  }
});

test.each([1, 7, 15, 44, 45])('pages of %i forward hold every order once, newest first', async (first) => {
  const seen: number[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const page: Page = await pageOf({ first, after });
    expect(page.pageInfo.startCursor).toBe(page.edges[0]?.cursor);
    expect(page.pageInfo.endCursor).toBe(page.edges.at(-1)?.cursor);
    seen.push(...numbersOf(page));
    after = page.pageInfo.endCursor;
    more = page.pageInfo.hasNextPage;
  }
  expect(seen).toEqual(numbers);
});

test.each([7, 15, 45])('pages of %i backward hold every order once', async (last) => {
  const seen: number[] = [];
  for (let before: string | null = null, more = true; more; ) {
    const page: Page = await pageOf({ last, before });
    seen.unshift(...numbersOf(page));
    before = page.pageInfo.startCursor;
    more = page.pageInfo.hasPreviousPage;
  }
  expect(seen).toEqual(numbers);
});

test('a page is of 20 unless told, and of 100 at most', async () => {
  expect(numbersOf(await pageOf({}))).toEqual(numbers.slice(0, 20));
  expect(numbersOf(await pageOf({ first: 1000 }))).toEqual(numbers);
  expect(numbersOf(await pageOf({ first: 2_147_483_647 }))).toEqual(numbers);
  expect(await pageOf({ first: 0 })).toMatchObject({ edges: [], pageInfo: { startCursor: null, endCursor: null } });
});

describe('the filter', () => {
  const cancelled = { status: ['CANCELLED'] };

  test('keeps orders of a status, over pages', async () => {
    const first = await pageOf({ first: 10, filter: cancelled });
    const second = await pageOf({ first: 10, after: first.pageInfo.endCursor, filter: cancelled });
    expect([...numbersOf(first), ...numbersOf(second)]).toEqual(numbers.filter((_, i) => (ORDERS - 1 - i) % 3 === 0));
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  test('of several statuses keeps those of any', async () => {
    expect(numbersOf(await pageOf({ first: 100, filter: { status: ['PENDING', 'CANCELLED'] } }))).toEqual(numbers);
  });

  test('of no status keeps none, and without one all', async () => {
    expect(numbersOf(await pageOf({ filter: { status: [] } }))).toEqual([]);
    for (const filter of [{}, { status: null }, null]) expect((await pageOf({ filter })).edges).toHaveLength(20);
  });
});

test('no order is left out where that of the cursor leaves the filter', async () => {
  const filter = { status: ['PENDING'] };
  const all = await pageOf({ first: 20, filter });
  const first = await pageOf({ first: 3, filter });
  await client.cancel(first.edges[2]!.node.id);
  const second = await pageOf({ first: 3, after: first.pageInfo.endCursor, filter });
  expect(numbersOf(second)).toEqual(numbersOf(all).slice(3, 6));

  await client.cancel(second.edges[0]!.node.id);
  const back = await pageOf({ last: 2, before: second.pageInfo.startCursor, filter });
  expect(numbersOf(back)).toEqual(numbersOf(all).slice(0, 2));
});

test('an order that is placed meanwhile moves nothing on the pages after', async () => {
  const first = await pageOf({ first: 10 });
  const { id: productId } = await client.product('WIDGET');
  await client.checkout('meanwhile', [{ productId }]);
  const second = await pageOf({ first: 10, after: first.pageInfo.endCursor });
  expect(numbersOf(second)).toEqual(numbers.slice(10, 20));
});

test('products are paged too, in the order of the catalogue', async () => {
  type Products = { edges: { cursor: string; node: { sku: string } }[]; pageInfo: { hasNextPage: boolean } };
  const query = `query ($after: String) { products(first: 3, after: $after) {
    edges { cursor node { sku } } pageInfo { hasNextPage } } }`;
  const first = await client.ask<Products>(query);
  const second = await client.ask<Products>(query, { after: first.edges.at(-1)!.cursor });
  const skus = [...first.edges, ...second.edges].map(({ node }) => node.sku);
  expect(skus).toEqual(['WIDGET', 'GADGET', 'GIZMO', 'SPROCKET']);
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
});
