import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Asks the API, beside the page that is tested. Throws on any GraphQL error. */
export async function ask<Data>(url: string, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Sets the stock of every product. */
export async function setStock(url: string, setTo: number): Promise<void> {
  await ask(url, 'mutation ($input: RestockInput!) { restock(input: $input) { __typename } }', {
    input: { idempotencyKey: randomUUID(), level: { setTo } },
  });
}

/** Counts the orders that were ever placed. */
export async function countOrders(url: string): Promise<number> {
  type Data = { orders: { edges: unknown[] } };
  return (await ask<Data>(url, '{ orders(first: 100) { edges { cursor } } }')).orders.edges.length;
}

/** Places orders of one widget each, beside the page. */
export async function placeOrders(url: string, count: number): Promise<void> {
  type Data = { product: { id: string } };
  const { product } = await ask<Data>(url, '{ product(sku: "WIDGET") { id } }');
  for (let n = 0; n < count; n++) {
    await ask(url, 'mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename } }', {
      input: { idempotencyKey: randomUUID(), lines: [{ productId: product.id, quantity: 1 }] },
    });
  }
}

/** Opens the widget's page and waits until it can be bought. */
export async function openWidget(page: Page, url: string): Promise<void> {
  await page.goto(new URL('/products/WIDGET', url).href);
  await page.getByRole('button', { name: /^Buy/ }).waitFor();
}

/** Buys widgets on the widget's page and waits for the order to be payable. */
export async function buy(page: Page, url: string, quantity = 1): Promise<void> {
  await openWidget(page, url);
  await page.getByLabel('Quantity').fill(String(quantity));
  await page.getByRole('button', { name: /^Buy/ }).click();
  await waitForStatus(page, 'Waiting for payment');
}

/** Waits until the order page says a status. */
export async function waitForStatus(page: Page, status: string): Promise<void> {
  await page.getByTestId('status').getByText(status, { exact: true }).waitFor();
}

/** Expects the history on the page to tell each version once, without a gap, and gives the types, oldest first. */
export async function readHistory(page: Page): Promise<string[]> {
  const entries = await page
    .getByTestId('history')
    .getByRole('listitem')
    .evaluateAll((items) => items.map((item) => [Number(item.dataset.version), item.dataset.type ?? ''] as const));
  entries.reverse();
  expect(entries.map(([version]) => version)).toEqual(entries.map((_, index) => index + (entries[0]?.[0] ?? 0)));
  return entries.map(([, type]) => type);
}

/** What the history of an order that was paid at once says in the end. */
export const WHOLE_HISTORY = ['CREATED', 'RESERVED', 'PAID', ...Array<string>(9).fill('PROGRESSED'), 'DISPATCHED'];
