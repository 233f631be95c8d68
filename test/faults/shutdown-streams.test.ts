import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-sse';
import { beforeAll, expect, test } from 'vitest';
import { type Client, clientOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningStore, startServer } from '../support/store.ts';

/** Enough that no order is at its end before its streams are ended, also where all is slow. */
const STEPS = 150;
const LAST = 3 + STEPS;
const ORDERS = 20;
const query = `subscription ($orderId: ID!, $afterVersion: Int) {
  orderProgress(orderId: $orderId, afterVersion: $afterVersion) { version } }`;
type Progress = { orderProgress: { version: number } };

let leaving: RunningStore;
let staying: RunningStore;
let client: Client;
beforeAll(async () => {
  const env = { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '40' };
  leaving = await startServer({ env });
  staying = await startServer({ env, databaseUrl: leaving.databaseUrl });
  client = clientOf(staying.url);
});

async function paidOrder(): Promise<string> {
  const { id: productId } = await client.product('WIDGET');
  const order = (await client.checkout(randomUUID(), [{ productId }])).order!;
  await clientOf(leaving.url).pay(order.payment.id, 'PAID');
  return order.id;
}

/** Follows an order by graphql-sse's client, which begins anew after a break, and returns the versions it was told. */
function follow(orderId: string, url: () => string): { versions: number[]; ended: Promise<void> } {
  const versions: number[] = [];
  const follower = createClient({ url, retry: () => delay(50) });
  const ended = new Promise<void>((resolve, reject) => {
    follower.subscribe<Progress>(
      { query, variables: { orderId, afterVersion: 0 } },
      { next: ({ data }) => versions.push(data!.orderProgress.version), error: reject, complete: resolve },
    );
  });
  return { versions, ended };
}

/** Opens a stream as EventSource does, and tells how its response ends. */
async function open(orderId: string): Promise<{ text: () => string; response: IncomingMessage }> {
  const search = new URLSearchParams({ query, variables: JSON.stringify({ orderId, afterVersion: 0 }) });
  const request = get(`${leaving.url}/graphql?${search}`, { headers: { accept: 'text/event-stream' } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return { text: () => text, response };
}

test('readers of a server that ends are let go, not told that all is over, and go on elsewhere', {
  timeout: 60_000,
}, async () => {
  const orders = await Promise.all(Array.from({ length: ORDERS }, paidOrder));
  let url = leaving.url;
  const followers = orders.map((id) => follow(id, () => `${url}/graphql`));
  const plain = await open(orders[0]!);
  await eventually('all are told', () => followers.every(({ versions }) => versions.length > 5));

  const ends = once(plain.response, 'end');
  url = staying.url;
  const stopped = leaving.kill('SIGTERM');
  await ends;
  expect(plain.response.complete, 'the response is whole').toBe(true);
  expect(plain.text()).not.toContain('complete');
  expect(plain.text()).toMatch(/retry: \d+\n$/);
  await stopped;
  expect(await leaving.gone(), leaving.log).toBe(0);

  await Promise.all(followers.map(({ ended }) => ended));
  for (const { versions } of followers) {
    // Resumed where the variables say: from the beginning.
    expect(versions.filter((version) => version === 1)).toHaveLength(2);
    expect(versions.slice(versions.lastIndexOf(1))).toEqual(Array.from({ length: LAST }, (_, i) => i + 1));
  }
});
