import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, NOWHERE, newPage } from '../support/browser.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { buy, openWidget, readHistory, setStock, waitForStatus } from './story.ts';

let browser: Browser;
let store: RunningStore;
let hasty: RunningStore;
beforeAll(async () => {
  [browser, store, hasty] = await Promise.all([
    launchBrowser(),
    startServer({ env: { DISPATCH_STEP_MS: '50' } }),
    startServer({ env: { PAYMENT_WINDOW_SECONDS: '2' } }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await store?.stop();
  await hasty?.stop();
});

test('what is sold out says so at once, and can be bought again once it is back', async () => {
  await setStock(store.url, 1);
  const late = await newPage(browser);
  await openWidget(late, store.url);
  await late.getByText('Only 1 left').waitFor();

  await buy(await newPage(browser), store.url);
  await late.getByRole('button', { name: 'Sold out' }).waitFor();
  expect(await late.getByRole('button', { name: 'Sold out' }).isDisabled()).toBe(true);

  await setStock(store.url, 5);
  await late.getByText('Only 5 left').waitFor();
  await late.getByRole('button', { name: 'Buy · $99.99' }).click();
  await waitForStatus(late, 'Waiting for payment');
});

test('whoever comes second for the last piece is told what is left', async () => {
  await setStock(store.url, 2);
  const late = await newPage(browser);
  await openWidget(late, store.url);
  const rival = await newPage(browser);
  let rivalHasBought = () => {};
  const bought = new Promise<void>((resolve) => {
    rivalHasBought = resolve;
  });
  await late.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('mutation Checkout')) await bought;
    await route.continue();
  });
  await late.getByLabel('Quantity').fill('2');
  await late.getByRole('button', { name: /^Buy/ }).click();
  await late.getByRole('button', { name: 'Confirming…' }).waitFor();
  await buy(rival, store.url);
  rivalHasBought();
  await late.getByRole('alert').getByText('Available now: 1 piece.').waitFor();

  await late.getByLabel('Quantity').fill('1');
  await late.getByRole('button', { name: /^Buy/ }).click();
  await waitForStatus(late, 'Waiting for payment');
});

test('a quantity that cannot be bought is explained and not sent', async () => {
  await setStock(store.url, 10);
  const page = await newPage(browser);
  await openWidget(page, store.url);
  const cases = { '11': 'more than the 10 pieces', '0': 'from 1 to 10', '1.5': 'whole number', soon: 'whole number' };
  for (const [typed, explained] of Object.entries(cases)) {
    await page.getByLabel('Quantity').fill(typed);
    await page.getByText(explained).waitFor();
    expect(await page.getByRole('button', { name: /^Buy/ }).isDisabled()).toBe(true);
  }
});

test('a declined payment can be tried again', async () => {
  const page = await newPage(browser);
  await buy(page, store.url);
  await page.getByRole('button', { name: 'Decline' }).click();
  await page.getByText('The payment was declined. You can try again.').waitFor();
  await page.getByRole('button', { name: /^Pay/ }).click();
  await waitForStatus(page, 'Dispatched');
  expect(await page.getByTestId('payment').textContent()).toBe('paid after 2 tries');
  expect((await readHistory(page)).slice(0, 4)).toEqual(['CREATED', 'RESERVED', 'PAYMENT_DECLINED', 'PAID']);
});

test('a failed payment cancels the order and gives the stock back', async () => {
  await setStock(store.url, 20);
  const page = await newPage(browser);
  await buy(page, store.url, 7);
  await page.getByRole('button', { name: 'Fail' }).click();
  await waitForStatus(page, 'Cancelled');
  await page.getByText('The payment failed. Nothing was charged.').waitFor();
  expect(await readHistory(page)).toEqual(['CREATED', 'RESERVED', 'CANCELLED']);
  await page.getByRole('link', { name: 'Premium Quality Widget' }).click();
  await page.getByText('20 in stock').waitFor();
});

test('a shopper can cancel before paying', async () => {
  const page = await newPage(browser);
  await buy(page, store.url);
  await page.getByRole('button', { name: 'Cancel order' }).click();
  await waitForStatus(page, 'Cancelled');
  await page.getByText('It was cancelled on request. Nothing was charged.').waitFor();
});

test('an order that is not paid in time is cancelled before the eyes of the shopper', async () => {
  const page = await newPage(browser);
  await buy(page, hasty.url);
  await waitForStatus(page, 'Cancelled');
  await page.getByText('The payment did not arrive in time.').waitFor();
});

test('addresses that lead nowhere say so, and lead back', async () => {
  const page = await newPage(browser, { expected: NOWHERE });
  for (const [path, heading] of [
    ['/products/NOTHING', 'No such product'],
    ['/orders/nothing', 'No such order'],
    ['/orders/nothing/workflow', 'No such order'],
    ['/nowhere', 'No such page'],
  ] as const) {
    await page.goto(new URL(path, store.url).href);
    await page.getByRole('heading', { name: heading }).waitFor();
    await expect.poll(() => page.title()).toContain(heading);
  }
  await page.getByRole('link', { name: 'Go to the shop' }).click();
  await page.getByRole('link', { name: 'Premium Quality Widget' }).waitFor();
});
