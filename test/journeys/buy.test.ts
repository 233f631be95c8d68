import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, newPage } from '../support/browser.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { buy, countOrders, openWidget, readHistory, setStock, WHOLE_HISTORY, waitForStatus } from './story.ts';

let browser: Browser;
let store: RunningStore;
beforeAll(async () => {
  [browser, store] = await Promise.all([launchBrowser(), startServer({ env: { DISPATCH_STEP_MS: '150' } })]);
});
afterAll(async () => {
  await browser?.close();
  await store?.stop();
});

test('a shopper buys, pays and watches the order being dispatched', async () => {
  await setStock(store.url, 100);
  const page = await newPage(browser);
  await page.goto(store.url);
  await page.getByRole('link', { name: 'Premium Quality Widget' }).click();
  await expect.poll(() => page.title()).toContain('Premium Quality Widget');
  await page.getByText('100 in stock').waitFor();
  await page.getByRole('button', { name: 'One more' }).click();
  await page.getByRole('button', { name: 'Buy · $199.98' }).click();

  await waitForStatus(page, 'Waiting for payment');
  expect(await page.getByTestId('total').textContent()).toBe('$199.98');
  expect(await page.getByTestId('time-left').textContent()).toMatch(/^[01]:\d\d$/);
  await page.getByRole('button', { name: 'Pay $199.98' }).click();

  await waitForStatus(page, 'Being dispatched');
  await page.getByRole('progressbar', { name: 'Dispatch' }).waitFor();
  await waitForStatus(page, 'Dispatched');
  expect(await page.getByRole('progressbar').getAttribute('value')).toBe('10');
  expect(await page.getByTestId('payment').textContent()).toBe('paid');
  expect(await readHistory(page)).toEqual(WHOLE_HISTORY);

  await page.reload();
  await waitForStatus(page, 'Dispatched');
  expect(await readHistory(page)).toEqual(WHOLE_HISTORY);
  await page.getByRole('link', { name: 'Premium Quality Widget' }).click();
  await page.getByText('98 in stock').waitFor();
});

test('a shopper can do it all with the keyboard', async () => {
  const page = await newPage(browser);
  await page.goto(store.url);
  const tabTo = async (name: string | RegExp, role: 'link' | 'button') => {
    const target = page.getByRole(role, { name });
    await target.waitFor();
    await expect
      .poll(async () => {
        await page.keyboard.press('Tab');
        return target.evaluate((element) => element === document.activeElement);
      })
      .toBe(true);
  };
  await tabTo('Premium Quality Widget', 'link');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Buy/ }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  await tabTo('One more', 'button');
  await page.keyboard.press('Space');
  await tabTo(/^Buy/, 'button');
  await page.keyboard.press('Enter');
  await waitForStatus(page, 'Waiting for payment');
  await tabTo(/^Pay/, 'button');
  await page.keyboard.press('Enter');
  await waitForStatus(page, 'Dispatched');
  await expect.poll(() => page.getByTestId('announcer').textContent()).toMatch(/^Order \d+: Dispatched\.$/);
});

test('a double click buys once', async () => {
  const page = await newPage(browser);
  const before = await countOrders(store.url);
  await openWidget(page, store.url);
  await page.getByRole('button', { name: /^Buy/ }).dblclick();
  await waitForStatus(page, 'Waiting for payment');
  expect(await countOrders(store.url)).toBe(before + 1);
});

test('a reload in the middle of a checkout buys once and goes on to the order', async () => {
  const page = await newPage(browser);
  const before = await countOrders(store.url);
  await openWidget(page, store.url);
  let held = 0;
  // The server gets the purchase, but its answer never reaches the page.
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation Checkout') || held > 0) return route.continue();
    held++;
    await route.fetch();
  });
  await page.getByLabel('Quantity').fill('3');
  await page.getByRole('button', { name: /^Buy/ }).click();
  await page.getByRole('button', { name: 'Confirming…' }).waitFor();
  await expect.poll(() => countOrders(store.url)).toBe(before + 1);
  await page.reload();
  await waitForStatus(page, 'Waiting for payment');
  expect(await page.getByTestId('total').textContent()).toBe('$299.97');
  expect(await countOrders(store.url)).toBe(before + 1);
});

test('two tabs show the same order and the same stock, live', async () => {
  const first = await newPage(browser);
  await buy(first, store.url, 2);
  const second = await first.context().newPage();
  await second.goto(first.url());
  await waitForStatus(second, 'Waiting for payment');
  const shop = await newPage(browser);
  await setStock(store.url, 50);
  await openWidget(shop, store.url);
  await shop.getByText('50 in stock').waitFor();

  await second.getByRole('button', { name: /^Pay/ }).click();
  await waitForStatus(first, 'Dispatched');
  await waitForStatus(second, 'Dispatched');
  expect(await readHistory(first)).toEqual(WHOLE_HISTORY);
  expect(await readHistory(second)).toEqual(WHOLE_HISTORY);

  await buy(first, store.url, 4);
  await shop.getByText('46 in stock').waitFor();
});
