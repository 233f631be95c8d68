import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser, NOWHERE, newPage, OUTAGE } from '../support/browser.ts';
import { startProxy } from '../support/proxy.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { buy, countOrders, openWidget, readHistory, setStock, WHOLE_HISTORY, waitForStatus } from './story.ts';

let browser: Browser;
let store: RunningStore;
beforeAll(async () => {
  [browser, store] = await Promise.all([launchBrowser(), startServer({ env: { DISPATCH_STEP_MS: '300' } })]);
  await setStock(store.url, 100);
});
afterAll(async () => {
  await browser?.close();
  await store?.stop();
});

const GONE = 'The store is not answering.';
const BACK = 'The store is back.';

test('an order is dispatched to its end although the server is killed in the middle', async () => {
  const page = await newPage(browser, { expected: OUTAGE });
  await buy(page, store.url);
  await page.getByRole('button', { name: /^Pay/ }).click();
  await page.getByText('Dispatch: step 3 of 10 done').waitFor();
  await store.kill('SIGKILL');
  await page.getByText(GONE).waitFor();
  expect(await page.getByText('Dispatch: step 3 of 10 done').isVisible()).toBe(true);
  await store.restart();
  await page.getByText(BACK).waitFor();
  await waitForStatus(page, 'Dispatched');
  expect(await readHistory(page)).toEqual(WHOLE_HISTORY);
  await page.getByText(BACK).waitFor({ state: 'detached' });
});

test('what a shopper was doing is not lost while the server is gone', async () => {
  const page = await newPage(browser, { expected: OUTAGE });
  const before = await countOrders(store.url);
  await openWidget(page, store.url);
  await page.getByLabel('Quantity').fill('3');
  await store.kill('SIGKILL');
  await page.getByText(GONE).waitFor();
  expect(await page.getByLabel('Quantity').inputValue()).toBe('3');
  await page.getByRole('button', { name: /^Buy/ }).click();
  await page.getByRole('button', { name: 'Confirming…' }).waitFor();
  await store.restart();
  await waitForStatus(page, 'Waiting for payment');
  expect(await page.getByTestId('total').textContent()).toBe('$299.97');
  expect(await countOrders(store.url)).toBe(before + 1);
});

test('a payment that was clicked while the server was gone takes effect once it is back', async () => {
  const page = await newPage(browser, { expected: OUTAGE });
  await buy(page, store.url);
  await store.kill('SIGKILL');
  await page.getByRole('button', { name: /^Pay/ }).click();
  await page.getByRole('button', { name: 'Confirming…' }).waitFor();
  await store.restart();
  await waitForStatus(page, 'Dispatched');
  expect(await page.getByTestId('payment').textContent()).toBe('paid');
});

test('a purchase whose answer is lost without a word is sent again by itself, and placed once', async () => {
  const page = await newPage(browser);
  const before = await countOrders(store.url);
  await openWidget(page, store.url);
  let sent = 0;
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation Checkout') || ++sent > 1) return route.continue();
    await route.fetch();
  });
  await page.getByRole('button', { name: /^Buy/ }).click();
  await waitForStatus(page, 'Waiting for payment');
  expect(sent).toBe(2);
  expect(await countOrders(store.url)).toBe(before + 1);
});

test('a payment takes effect although every connection of the page is lost without a word', async () => {
  const proxy = await startProxy(store.url);
  onTestFinished(proxy.close);
  const page = await newPage(browser, { expected: OUTAGE });
  await buy(page, proxy.url);
  proxy.lose();
  await page.getByRole('button', { name: /^Pay/ }).click();
  await page.getByRole('button', { name: 'Confirming…' }).waitFor();
  await waitForStatus(page, 'Dispatched');
  expect(await page.getByTestId('payment').textContent()).toBe('paid');
  expect(await readHistory(page)).toEqual(WHOLE_HISTORY);
});

test('a page that follows nothing notices too, and one that was opened elsewhere waits for its content', async () => {
  const page = await newPage(browser, { expected: [OUTAGE, NOWHERE] });
  await page.goto(new URL('/nowhere', store.url).href);
  await page.getByRole('heading', { name: 'No such page' }).waitFor();
  await store.kill('SIGKILL');
  await page.getByText(GONE).waitFor();
  await page.getByRole('link', { name: 'Go to the shop' }).click();
  await store.restart();
  await page.getByRole('link', { name: 'Premium Quality Widget' }).waitFor();
});

test('the crash button kills the server, and the page shows the process that takes over', async () => {
  const shopper = await newPage(browser, { expected: OUTAGE });
  await buy(shopper, store.url);
  await shopper.getByRole('button', { name: /^Pay/ }).click();
  await waitForStatus(shopper, 'Being dispatched');

  const page = await newPage(browser, { expected: OUTAGE });
  await page.goto(new URL('/operator/orders', store.url).href);
  await page.getByRole('button', { name: 'Crash the server' }).click();
  await page.getByTestId('crash-outcome').getByText('was killed').waitFor();
  await page.getByText(GONE).waitFor();
  await store.gone();
  await store.restart();
  await page.getByTestId('crash-outcome').getByText('is back after').waitFor();
  await waitForStatus(shopper, 'Dispatched');
  expect(await readHistory(shopper)).toEqual(WHOLE_HISTORY);
});
