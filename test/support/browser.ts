import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { root } from '../../server/infra/root.ts';
import { findChromium } from './chromium.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * What a browser says by itself when a server goes away: at each instant of a connection's life something else.
 * https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h
 */
export const OUTAGE =
  /net::ERR_(CONNECTION_\w+|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH|FAILED)|status of 503/;

/** What a browser says by itself of an address that leads nowhere. */
export const NOWHERE = /status of 404/;

/** Starts a browser. Its owner closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { path, env } = await findChromium((message) => process.stderr.write(`${message}\n`));
  return chromium.launch({
    executablePath: path,
    args: FLAGS,
    env: { ...process.env, ...env } as Record<string, string>,
  });
}

export type PageOptions = BrowserContextOptions & {
  /** Errors that belong to this test, such as `OUTAGE` where the server is killed. */
  expected?: RegExp | readonly RegExp[];
};

/**
 * Opens a page in a session of its own and closes it when the test ends. Any error in the page or its console fails the
 * test, and a failed test leaves a screenshot in test-results/.
 */
export async function newPage(browser: Browser, { expected = [], ...options }: PageOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    const text = `${message.text()} (${message.location().url})`;
    const isExpected = [expected].flat().some((each) => each.test(text));
    if (['error', 'warning'].includes(message.type()) && !isExpected) errors.push(text);
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') {
      const name = task.name.replaceAll(/\W+/g, '-').toLowerCase();
      await page.screenshot({ path: join(root, 'test-results', `${name}.png`) });
    }
    await context.close();
    expect(errors, 'errors in the page').toEqual([]);
  });
  return page;
}
