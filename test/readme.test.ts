import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnv, variables } from '../server/env.ts';
import { root } from '../server/infra/root.ts';
import { useApp } from './support/app.ts';

const app = useApp({ env: { DISPATCH_STEPS: '10' } });
const readme = await readFile(join(root, 'README.md'), 'utf8');

type Answer = { data?: Record<string, never>; errors?: unknown };

/** Sends a document as it stands in the README, with the ids of earlier answers in the place of its placeholders. */
async function send(name: string, ids: Record<string, string> = {}): Promise<Response> {
  const [, document] = [...readme.matchAll(/```graphql\n([\s\S]*?)```/g)].find(([text]) =>
    text.includes(` ${name} {`),
  )!;
  const query = Object.entries(ids).reduce((text, [placeholder, id]) => text.replace(placeholder, id), document!);
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  return fetch(`${app.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
}

const ask = async (name: string, ids?: Record<string, string>) => (await (await send(name, ids)).json()) as Answer;

test('the five examples of the README work, one after the other', async () => {
  expect(await ask('Catalogue')).toMatchObject({
    data: { products: { edges: [{ node: { id: 'UHJvZHVjdDox', sku: 'WIDGET', inventory: 100 } }, {}, {}, {}] } },
  });

  const bought = await ask('Buy');
  expect(bought).toMatchObject({ data: { checkout: { __typename: 'CheckoutSuccess', replayed: false } } });
  const { order } = (bought.data as unknown as { checkout: { order: { id: string; payment: { id: string } } } })
    .checkout;
  expect(await ask('Buy')).toMatchObject({ data: { checkout: { replayed: true, order: { id: order.id } } } });

  expect(await ask('Pay', { PAYMENT_ID: order.payment.id })).toMatchObject({
    data: { submitPayment: { __typename: 'SubmitPaymentSuccess', order: { id: order.id, status: 'PAID' } } },
  });

  const told = await (await send('Watch', { ORDER_ID: order.id })).text();
  const types = [...told.matchAll(/"type":"(\w+)"/g)].map(([, type]) => type);
  expect(types).toEqual(['CREATED', 'RESERVED', 'PAID', ...Array(9).fill('PROGRESSED'), 'DISPATCHED']);

  expect(await ask('Operate')).toMatchObject({
    data: { orders: { edges: [{ node: { number: 1, status: 'DISPATCHED', workflow: { attempts: 1 } } }] } },
  });
});

/** The variables of the README's table with their defaults; a dash stands for none. */
const documented = Object.fromEntries(
  [...readme.matchAll(/^\| `([A-Z_`, ]+)` \| ([^|]+) \|/gm)].flatMap(([, names, defaults]) => {
    const values = defaults!.split(', ').map((value) => value.match(/^`(.+)`$/)?.[1]);
    return names!.split('`, `').map((name, index) => [name, values[index]]);
  }),
);

test('the configuration table names every variable, with its default', () => {
  expect(Object.keys(documented).sort()).toEqual([...variables].sort());
  expect(readEnv(documented)).toEqual(readEnv({}));
});

test('the example of a configuration names every variable, with its default', async () => {
  const lines = (await readFile(join(root, '.env.example'), 'utf8')).matchAll(/^(# )?([A-Z_]+)=(.*)$/gm);
  const given = Object.fromEntries([...lines].map(([, comment, name, value]) => [name, comment ? undefined : value]));
  expect(Object.keys(given).sort()).toEqual([...variables].sort());
  expect(given).toEqual({ ...documented, LOG_LEVEL: undefined });
});
