import { afterEach, expect, test } from 'vitest';
import { PRODUCTION, useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const store = useApp({
  env: { ...PRODUCTION, TRUST_PROXY: '1', LIMIT_CLIENT_STREAMS: '2', LIMIT_STREAMS: '4' },
});

const open: AbortController[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.abort();
});

async function subscribeFrom(address: string): Promise<Response> {
  const leaving = new AbortController();
  open.push(leaving);
  return await fetch(`${store.url}/graphql?query=${encodeURIComponent('subscription { inventoryChanged { sku } }')}`, {
    headers: { accept: 'text/event-stream', 'x-forwarded-for': address },
    signal: leaving.signal,
  });
}

async function refusalOf(response: Response) {
  const { errors } = JSON.parse(/^data: (.*)$/m.exec(await response.text())![1]!) as {
    errors: { extensions: Record<string, unknown> }[];
  };
  return { status: response.status, code: errors[0]!.extensions.code, after: response.headers.get('retry-after') };
}

test('a client has as many streams as it may, and another when it leaves one', async () => {
  for (let n = 0; n < 2; n++) expect((await subscribeFrom('192.0.2.1')).status).toBe(200);
  expect(await refusalOf(await subscribeFrom('192.0.2.1'))).toEqual({ status: 429, code: 'RATE_LIMITED', after: '5' });
  expect((await subscribeFrom('192.0.2.2')).status).toBe(200);
  open[0]!.abort();
  await eventually('room for another', async () => (await subscribeFrom('192.0.2.1')).status === 200);
});

test('a process has as many as it can, of all clients together', async () => {
  for (let n = 1; n <= 4; n++)
    await eventually('room for this one', async () => (await subscribeFrom(`192.0.2.1${n}`)).status === 200);
  expect(await refusalOf(await subscribeFrom('192.0.2.20'))).toEqual({ status: 503, code: 'OVERLOADED', after: '5' });
});
