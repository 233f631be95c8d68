import { beforeAll, expect, test, vi } from 'vitest';
import type { ApiPlugin } from '../../server/graphql/api.ts';
import { SharedResults } from '../../server/graphql/shared-results.ts';
import { OPERATOR_TOKEN, PRODUCTION, useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { type Stream, subscribe } from '../support/sse.ts';

/** Adds to the context who asks, as a plugin for the accounts of a shop would. */
const accounts: ApiPlugin = {
  onContextBuilding({ context, extendContext }) {
    const account = (context as { request: Request }).request.headers.get('x-account');
    if (account) extendContext({ account: { name: account } } as object);
  },
};
const store = useApp({ env: PRODUCTION, plugins: [accounts] });
const BEARER = { authorization: `Bearer ${OPERATOR_TOKEN}` };
const PROGRESS = `subscription Follow($id: ID!, $after: Int, $all: Boolean = true) {
  told: orderProgress(orderId: $id, afterVersion: $after) { version again: version @include(if: $all) } }`;

let order: { id: string; payment: { id: string } };
beforeAll(async () => {
  const productId = (await store.client.product('WIDGET')).id;
  order = (await store.client.checkout('stays open', [{ productId }])).order!;
});

type Reader = Readonly<{ headers?: Record<string, string>; after: number; all?: boolean }>;

test('readers who are told the same share its execution, unless they differ in anything that matters', async () => {
  const readers: Reader[] = [
    ...Array.from({ length: 20 }, (_, i) => ({ after: i % 2 })),
    { after: 0, headers: BEARER },
    { after: 0, all: false },
    { after: 0, headers: { 'x-account': 'one' } },
    { after: 0, headers: { 'x-account': 'other' } },
  ];
  const streams: Stream<unknown>[] = await Promise.all(
    readers.map(({ headers, after, all }) => subscribe(store.url, PROGRESS, { id: order.id, after, all }, headers)),
  );
  await eventually('the current state', () =>
    streams.every(({ answers }, i) => answers.length === 2 - readers[i]!.after),
  );
  const told = vi.spyOn(SharedResults.prototype, 'of');
  await store.clientWith().pay(order.payment.id, 'DECLINED');
  await eventually('the decline', () => streams.every(({ answers }, i) => answers.length === 3 - readers[i]!.after));
  for (const stream of streams) stream.leave();
  expect(told).toHaveBeenCalledTimes(readers.length);
  expect(new Set(told.mock.results.map(({ value }) => value as unknown)).size).toBe(5);
  expect(streams[0]!.answers.at(-1)).toMatchObject({ data: { told: { version: 3, again: 3 } } });
  expect(streams.at(-3)!.answers.at(-1)).toEqual({ data: { told: { version: 3 } }, extensions: { cost: 3 } });
});
