import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, newPage } from '../support/browser.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { buy, placeOrders, setStock, waitForStatus } from './story.ts';

const TOKEN = 'the-right-token-of-this-test-0123456789';
const WRONG = 'a-wrong-token-of-this-test-9876543210-abc';
let browser: Browser;
let store: RunningStore;
let production: RunningStore;
/** It takes one wrong token a minute. */
let guarded: RunningStore;
beforeAll(async () => {
  const locked = { NODE_ENV: 'production', OPERATOR_TOKEN: TOKEN };
  [browser, store, production, guarded] = await Promise.all([
    launchBrowser(),
    startServer({ env: { DISPATCH_STEP_MS: '50' } }),
    startServer({ env: { ...locked, LIMIT_CLIENT_SIGN_INS: 'off' } }),
    startServer({ env: { ...locked, LIMIT_CLIENT_SIGN_INS: '1' } }),
  ]);
  await setStock(store.url, 1000);
});
afterAll(async () => {
  await browser?.close();
  await store?.stop();
  await production?.stop();
  await guarded?.stop();
});

const rows = (page: Page) => page.getByTestId('orders').locator('tr');
const numbers = (page: Page) => rows(page).evaluateAll((all) => all.map((row) => Number(row.dataset.number)));
const open = (page: Page, path = '/operator/orders') => page.goto(new URL(path, store.url).href);

test('orders appear and change live', async () => {
  const page = await newPage(browser);
  await open(page);
  await page.getByRole('heading', { name: 'Orders', exact: true }).waitFor();
  const shopper = await newPage(browser);
  await buy(shopper, store.url);
  const heading = (await shopper.getByRole('heading', { level: 1 }).textContent()) ?? '';
  const row = rows(page).filter({ has: page.getByRole('link', { name: heading, exact: true }) });
  await row.getByText('Waiting for payment').waitFor();
  await shopper.getByRole('button', { name: /^Pay/ }).click();
  await row.getByText('Dispatched').waitFor();

  await row.getByRole('link', { name: heading }).click();
  await waitForStatus(page, 'Dispatched');
  await page.getByRole('link', { name: 'What the durable engine recorded' }).click();
  await page.getByTestId('steps').locator('tr').first().waitFor();
  await page.getByTestId('workflow-status').getByText('SUCCESS').waitFor();
});

test('the list is read page by page, and filtered by status', async () => {
  await placeOrders(store.url, 45);
  const page = await newPage(browser);
  await open(page);
  await expect.poll(() => rows(page).count()).toBe(20);
  const more = page.getByRole('button', { name: 'Load more' });
  await more.click();
  await expect.poll(() => rows(page).count()).toBe(40);
  await more.click();
  await expect.poll(() => rows(page).count()).toBeGreaterThan(44);
  await page.getByText('These are all of them.').waitFor();
  const all = await numbers(page);
  expect(all).toEqual([...new Set(all)].sort((a, b) => b - a));

  await page.getByLabel('Status').selectOption('Dispatched');
  await expect.poll(() => rows(page).count()).toBeLessThan(20);
  await expect.poll(() => page.url()).toContain('status=DISPATCHED');
  await page.reload();
  await rows(page).first().waitFor();
  expect(await page.getByLabel('Status').inputValue()).toBe('DISPATCHED');
  const shown = await rows(page).evaluateAll((each) => each.map((row) => row.dataset.status));
  expect(new Set(shown)).toEqual(new Set(['DISPATCHED']));
});

test('new orders wait above while the reader is further down', async () => {
  await placeOrders(store.url, 20);
  const page = await newPage(browser);
  await open(page);
  await expect.poll(() => rows(page).count()).toBe(20);
  await rows(page).last().scrollIntoViewIfNeeded();
  // By the time that an observer that begins now is told, the page's own has been: it knows where the reader is.
  await page.evaluate(() => new Promise((told) => new IntersectionObserver(told).observe(document.body)));
  const before = await numbers(page);
  await placeOrders(store.url, 2);
  await page.getByRole('button', { name: '2 new orders' }).waitFor();
  expect(await numbers(page)).toEqual(before);
  await page.getByRole('button', { name: '2 new orders' }).click();
  await expect.poll(async () => (await numbers(page)).length).toBe(22);
});

test('an operator restocks one product or all', async () => {
  const page = await newPage(browser);
  await open(page);
  const form = page.getByRole('form', { name: 'Restock' });
  await form.getByLabel('Product').selectOption('All products');
  await form.getByRole('button', { name: 'Restock' }).click();
  await page.getByText('Restocked 4 products.').waitFor();
  await expect.poll(() => page.getByText('100 in stock').count()).toBe(4);

  await form.getByLabel('Product').selectOption('Premium Quality Widget');
  await form.getByLabel('How').selectOption('Add');
  await form.getByLabel('Pieces').fill('25');
  await form.getByRole('button', { name: 'Restock' }).click();
  await page.getByText('Restocked 1 product.').waitFor();
  await page.getByText('125 in stock').waitFor();
  expect(await page.getByText('100 in stock').count()).toBe(3);
});

/** What a browser says by itself of a token that is needed, wrong, or one too many. */
const REFUSED = /status of (401|429)/;

/** Opens the orders of a store in production, and waits until it asks for the token. */
async function openLocked(url: string): Promise<Page> {
  const page = await newPage(browser, { expected: REFUSED });
  await page.goto(new URL('/operator/orders', url).href);
  await page.getByLabel('Operator token').waitFor();
  return page;
}

/** Enters a token. */
async function enter(page: Page, token: string): Promise<void> {
  await page.getByLabel('Operator token').fill(token);
  await page.getByRole('button', { name: 'Continue' }).click();
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.tagName);

test('in production the page asks for the token, refuses a wrong one and takes the right one', async () => {
  const page = await openLocked(production.url);
  expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
  await enter(page, WRONG);
  await page.getByRole('alert').getByText('This token was refused.').waitFor();
  expect(await focused(page)).toBe('BUTTON');
  await enter(page, TOKEN);
  await page.getByText('No orders yet').waitFor();
  expect(await focused(page)).toBe('H1');
  expect(await page.getByRole('button', { name: 'Crash the server' }).count()).toBe(0);
  expect(await page.getByRole('link', { name: 'API' }).count()).toBe(0);

  const shopper = await newPage(browser);
  await buy(shopper, production.url);
  await shopper.getByText('This page goes on by itself').waitFor();
  expect(await shopper.getByRole('button', { name: /^Pay/ }).count()).toBe(0);
  await rows(page).first().getByText('Waiting for payment').waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Operator token').waitFor();
  expect(await focused(page)).toBe('H1');
  expect(await page.getByRole('form', { name: 'Restock' }).count()).toBe(0);
  expect(await page.getByText('This token was refused.').count()).toBe(0);
  await page.reload();
  await page.getByLabel('Operator token').waitFor();
});

test('the record of an order is shown to whoever is signed in', async () => {
  const page = await openLocked(production.url);
  await buy(page, production.url);
  const url = `${page.url()}/workflow`;
  await page.goto(url);
  await enter(page, TOKEN);
  await page.getByTestId('steps').locator('tr').first().waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Operator token').waitFor();
  expect(await page.getByTestId('steps').count()).toBe(0);
});

test('a token that is valid no more breaks no page of a shopper, and is forgotten', async () => {
  const page = await openLocked(production.url);
  await page.evaluate((token) => sessionStorage.setItem('operator-token', token), WRONG);
  await buy(page, production.url);
  expect(await page.evaluate(() => sessionStorage.getItem('operator-token'))).toBeNull();
  await page.getByText('This page goes on by itself').waitFor();
});

test('an operator whose token is replaced is asked for the new one', async () => {
  const page = await openLocked(production.url);
  await enter(page, TOKEN);
  await page.getByRole('form', { name: 'Restock' }).waitFor();
  await page.evaluate((token) => sessionStorage.setItem('operator-token', token), WRONG);
  await page.reload();
  await page.getByRole('alert').getByText('This token was refused.').waitFor();
});

test('whoever guesses tokens is told to wait, and until when', async () => {
  const page = await openLocked(guarded.url);
  await enter(page, WRONG);
  await page.getByText('This token was refused.').waitFor();
  await enter(page, TOKEN);
  await page.getByText(/Too many wrong tokens came from your network. Enter it again after \d+:\d\d:\d\d/).waitFor();
  await page.goto(guarded.url);
  await page.getByRole('link', { name: 'Premium Quality Widget' }).waitFor();
});
