import { afterEach, describe, expect, test } from 'vitest';
import type { ApiPlugin } from '../../server/graphql/api.ts';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { WAYS } from '../support/ways.ts';

const seen: string[] = [];
/** A plugin of Yoga's, with what it has around HTTP and Envelop has not. */
const gate: ApiPlugin = {
  onRequest({ request, endResponse, fetchAPI }) {
    seen.push('request');
    if (request.headers.has('x-banned')) endResponse(new fetchAPI.Response('banned', { status: 403 }));
  },
  onParams: () => void seen.push('params'),
  onExecutionResult: () => void seen.push('result'),
  onResultProcess: () => void seen.push('process'),
  onResponse: ({ response }) => {
    seen.push('response');
    response.headers.set('x-gate', 'open');
  },
};

const store = useApp({ plugins: [gate], env: { LIMIT_STREAMS: '2' } });
afterEach(() => void seen.splice(0));

describe.each(WAYS)('a plugin of Yoga governs $name', ({ send }) => {
  test('which it lets in', async () => {
    const response = await send(store.url);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gate')).toBe('open');
    expect(await response.text()).toMatch(/"data":|"code":"NOT_FOUND"/);
    expect(seen).toEqual(['request', 'params', 'result', 'process', 'response']);
  });

  test('which it refuses', async () => {
    const response = await send(store.url, { 'x-banned': 'yes' });
    expect({ status: response.status, text: await response.text() }).toEqual({ status: 403, text: 'banned' });
  });
});

test('errors are told by Yoga as by the store: with code, status and the id of the request', async () => {
  const post = (query: string) =>
    fetch(`${store.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'of-this-test' },
      body: JSON.stringify({ query }),
    });
  const response = await post(`{ ${'a'.repeat(10)} }`);
  expect(await response.json()).toMatchObject({
    errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED', retryable: false, requestId: 'of-this-test' } }],
  });
  const large = await post(`{ ${'__typename '.repeat(1_001)} }`);
  expect(large.status).toBe(400);
  expect(await large.json()).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_TOO_LARGE' } }] });
});

test('streams are counted by the store, whoever writes them', async () => {
  /** Subscribes, and reads what comes first: a state of the stock, or an error. */
  const subscribe = async (leaving: AbortController) => {
    const response = await fetch(
      `${store.url}/graphql?query=${encodeURIComponent('subscription { inventoryChanged { sku } }')}`,
      { headers: { accept: 'text/event-stream' }, signal: leaving.signal },
    );
    let text = '';
    // Left open, since the slot is given back when it is left.
    for await (const chunk of response.body!.values({ preventCancel: true })) {
      text += new TextDecoder().decode(chunk);
      if (text.includes('data: {')) break;
    }
    return /"code":"(\w+)"/.exec(text)?.[1] ?? 'open';
  };
  const leaving = new AbortController();
  const both = Array.from({ length: 3 }, () => subscribe(leaving));
  expect((await Promise.all(both)).sort()).toEqual(['OVERLOADED', 'open', 'open']);
  leaving.abort();
  await eventually('room again', async () => (await subscribe(new AbortController())) === 'open');
});
