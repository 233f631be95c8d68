import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, newPage } from '../support/browser.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { countOrders, openWidget, setStock, waitForStatus } from './story.ts';

let browser: Browser;
/** It lets each client have one stream. */
let store: RunningStore;
beforeAll(async () => {
  [browser, store] = await Promise.all([
    launchBrowser(),
    startServer({ env: { DISPATCH_STEP_MS: '50', LIMIT_CLIENT_STREAMS: '1' } }),
  ]);
  await setStock(store.url, 100);
});
afterAll(async () => {
  await browser?.close();
  await store?.stop();
});

/** What a browser says by itself of an answer that asks to wait. */
const LATER = /status of (429|503)/;
const LIMITED = 'Many requests come from your network.';
const BUSY = 'The store is very busy.';
const GONE = 'The store is not answering.';

test.each([
  ['RATE_LIMITED', 429, LIMITED],
  ['ORDERS_LIMITED', 429, 'You have as many unpaid orders as one may: pay or cancel one.'],
  ['OVERLOADED', 503, BUSY],
])('a purchase that is answered with %s says so, waits, and is placed by itself', async (code, status, words) => {
  const page = await newPage(browser, { expected: LATER });
  const before = await countOrders(store.url);
  await openWidget(page, store.url);
  let sent = 0;
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation Checkout') || ++sent > 1) return route.continue();
    const errors = [{ message: 'Later.', extensions: { code, retryable: true, requestId: 'r1' } }];
    await route.fulfill({ status, headers: { 'retry-after': '2' }, json: { errors } });
  });
  await page.getByRole('button', { name: /^Buy/ }).click();
  await page.getByRole('status').getByText(words).waitFor();
  expect(await page.getByRole('button', { name: 'Confirming…' }).isVisible()).toBe(true);
  expect(await page.getByText(GONE).count()).toBe(0);
  await waitForStatus(page, 'Waiting for payment');
  await page.getByText(words).waitFor({ state: 'detached' });
  expect(sent).toBe(2);
  expect(await countOrders(store.url)).toBe(before + 1);
});

test('a page for which there is no stream says so, and is live once there is', async () => {
  const first = await newPage(browser);
  await openWidget(first, store.url);
  await setStock(store.url, 60);
  await first.getByText('60 in stock').waitFor();
  const second = await newPage(browser, { expected: LATER });
  await openWidget(second, store.url);
  await second.getByRole('status').getByText(LIMITED).waitFor();
  await second
    .getByText(/^Going on in [1-6] s\.$/)
    .last()
    .waitFor();
  await first.close();
  await second.getByText(LIMITED).waitFor({ state: 'detached' });
  await setStock(store.url, 70);
  await second.getByText('70 in stock').waitFor();
  expect(await second.getByText(GONE).count()).toBe(0);
});
