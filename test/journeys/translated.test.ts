import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, newPage, OUTAGE, type PageOptions } from '../support/browser.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { buy, openWidget, readHistory, setStock, WHOLE_HISTORY, waitForStatus } from './story.ts';

let browser: Browser;
let store: RunningStore;
let hasty: RunningStore;
beforeAll(async () => {
  [browser, store, hasty] = await Promise.all([
    launchBrowser(),
    startServer({ env: { DISPATCH_STEP_MS: '300' } }),
    startServer({ env: { PAYMENT_WINDOW_SECONDS: '2' } }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await store?.stop();
  await hasty?.stop();
});

/**
 * Does to a page what Chrome does when it translates: puts a copy within two <font> in the place of each text, of those
 * that come later too. The page's own texts are nowhere then, and what is written into them is not seen. The words stay,
 * so that a test can read them.
 */
function translateAll(): void {
  const isTranslated = (text: Node) => text.parentNode?.nodeName === 'FONT';
  const translate = (text: Text) => {
    if (!text.isConnected || isTranslated(text) || text.data.trim() === '' || !text.parentElement?.closest('body'))
      return;
    const font = document.createElement('font');
    font.append(document.createElement('font'));
    font.firstElementChild?.append(text.data);
    text.replaceWith(font);
  };
  const translateWithin = (node: Node) => {
    if (node instanceof Text) return translate(node);
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) translate(text);
  };
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) for (const node of [target, ...addedNodes]) translateWithin(node);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

/** Opens a page that the browser translates as it comes. */
async function newTranslatedPage(options?: PageOptions): Promise<Page> {
  const page = await newPage(browser, options);
  await page.addInitScript(translateAll);
  return page;
}

test('a shopper buys, pays and watches the dispatch on a page that the browser translates', async () => {
  await setStock(store.url, 100);
  const page = await newTranslatedPage();
  await page.goto(store.url);
  expect(await page.locator('h1 > font > font').textContent()).toBe('Made well, kept in stock');
  for (const [stock, words] of [
    [3, 'Only 3 left'],
    [0, 'Sold out'],
    [50, '50 in stock'],
  ] as const) {
    await setStock(store.url, stock);
    await page.getByTestId('stock').filter({ hasText: words }).first().waitFor();
  }

  await page.getByRole('link', { name: 'Premium Quality Widget' }).click();
  await page.getByLabel('Quantity').fill('5000');
  await page.getByText('Choose a whole number from 1 to 50.').waitFor();
  await page.getByLabel('Quantity').fill('51');
  await page.getByText('more than the 50 pieces').waitFor();
  await page.getByLabel('Quantity').fill('2');
  await setStock(store.url, 1);
  await page.getByText('more than the 1 piece').waitFor();
  await setStock(store.url, 50);
  await page.getByRole('button', { name: 'Buy · $199.98' }).click();

  await waitForStatus(page, 'Waiting for payment');
  const left = await page.getByTestId('time-left').textContent();
  await expect.poll(() => page.getByTestId('time-left').textContent()).not.toBe(left);
  await page.getByRole('button', { name: 'Decline' }).click();
  await page.getByText('The payment was declined. You can try again.').waitFor();
  const underWay = page.getByText(/^[1-9] of 10$/).waitFor();
  await page.getByRole('button', { name: 'Pay $199.98' }).click();
  await underWay;
  await waitForStatus(page, 'Dispatched');
  expect(await page.getByText(/^\d+ of 10$/).textContent()).toBe('10 of 10');
  expect(await page.getByTestId('payment').textContent()).toBe('paid after 2 tries');
  expect(await readHistory(page)).toEqual(WHOLE_HISTORY.toSpliced(2, 0, 'PAYMENT_DECLINED'));
  expect(await page.getByTestId('history').getByRole('listitem').first().textContent()).toMatch(/^Dispatched/);

  await page.getByRole('link', { name: 'Premium Quality Widget' }).click();
  await page.getByText('48 in stock').waitFor();
});

test('what is refused, or runs out of time, is told on a page that the browser translates', async () => {
  await setStock(hasty.url, 2);
  const page = await newTranslatedPage();
  await openWidget(page, hasty.url);
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('mutation Checkout')) await setStock(hasty.url, 1);
    await route.continue();
  });
  await page.getByLabel('Quantity').fill('2');
  await page.getByRole('button', { name: /^Buy/ }).click();
  await page.getByRole('alert').getByText('Available now: 1 piece.').waitFor();
  await buy(page, hasty.url);
  await page.getByText('The time to pay is over.').or(page.getByText('The payment did not arrive in time.')).waitFor();
  await waitForStatus(page, 'Cancelled');
  expect(await page.getByTestId('payment').textContent()).toBe('not charged');
});

test('an operator sees orders, stock and a crash on a page that the browser translates', async () => {
  await setStock(store.url, 100);
  const page = await newTranslatedPage({ expected: OUTAGE });
  await page.goto(new URL('/operator/orders', store.url).href);
  const shopper = await newPage(browser, { expected: OUTAGE });
  await buy(shopper, store.url);
  const number = (await shopper.getByRole('heading', { level: 1 }).textContent())?.replace('Order ', '');
  const row = page.locator(`tr[data-number="${number}"]`);
  await row.getByText('Waiting for payment').waitFor();
  const underWay = row.getByText(/\b[1-9]\/10$/).waitFor();
  await shopper.getByRole('button', { name: /^Pay/ }).click();
  await underWay;
  await row.getByText('Dispatched', { exact: true }).waitFor();
  expect(await row.getByText('/10').count()).toBe(0);

  await page.getByRole('button', { name: 'Crash the server' }).click();
  await page.getByTestId('crash-outcome').getByText('was killed').waitFor();
  await page.getByText('The store is not answering.').waitFor();
  await store.gone();
  await store.restart();
  await page
    .getByTestId('crash-outcome')
    .getByText(/is back after [\d.]+ s\./)
    .waitFor();
  await page.getByText('The store is back.').waitFor({ state: 'detached' });
});
