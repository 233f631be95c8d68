import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { APPLICATION_NAME } from '../../server/infra/database.ts';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const { client } = useApp();

let order: string;
let productIds: string[];
beforeAll(async () => {
  productIds = await Promise.all(['WIDGET', 'GADGET', 'GIZMO'].map(async (sku) => (await client.product(sku)).id));
  for (let i = 0; i < 20; i++) {
    const lines = productIds.slice(0, 1 + (i % 3)).map((productId) => ({ productId }));
    order = (await client.checkout(`order ${i}`, lines)).order!.id;
    await client.cancel(order);
  }
  await allEnded();
});
afterEach(() => vi.restoreAllMocks());

/** A workflow that waits asks the database now and then, and so does one that is about to end. */
const allEnded = () =>
  eventually('no workflow runs', async () => (await DBOS.listWorkflows({ status: 'PENDING' })).length === 0);

/** Counts the statements that the store sends while something is done; not those of the engine and the live connections. */
async function statementsOf(what: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const query = pg.Client.prototype.query;
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const { application_name } = (this as unknown as { connectionParameters: { application_name: string } })
      .connectionParameters;
    const [config] = args as [string | { text: string }];
    if (application_name === APPLICATION_NAME) statements.push(typeof config === 'string' ? config : config.text);
    return Reflect.apply(query, this, args);
  } as typeof query);
  await what();
  vi.restoreAllMocks();
  return statements;
}

const ORDER = `id number status total { amount } progress { done total } payment { id status amount { amount } }
  lines { quantity unitPrice { amount } product { id sku inventory price { amount } } }
  events { version type at progress { done total } }`;

test('a page of orders with all that belongs to them costs a fixed number of statements', async () => {
  const page = (first: number) => client.ask(`{ orders(first: ${first}) { edges { node { ${ORDER} } } } }`);
  const counts = [];
  for (const first of [1, 5, 20]) counts.push((await statementsOf(() => page(first))).length);
  expect(counts).toEqual([counts[2], counts[2], counts[2]]);
  // Orders, payments, lines, products, events; and of the events, their order for its number of steps.
  expect(counts[2]).toBeLessThanOrEqual(6);
});

test('an event leads to its order and on without a statement for each', async () => {
  const query = '{ orders(first: 20) { edges { node { events { order { number lines { sku } } } } } } }';
  expect((await statementsOf(() => client.ask(query))).length).toBeLessThanOrEqual(6);
});

test('one order costs no more than a page', async () => {
  expect((await statementsOf(() => client.order(order))).length).toBeLessThanOrEqual(6);
});

test('the catalogue is one statement', async () => {
  const query =
    '{ products { edges { node { id name description price { amount currencyCode } inventory version } } } }';
  expect(await statementsOf(() => client.ask(query))).toHaveLength(1);
});

test('a replay costs as many statements for an order of three lines as for one of one', async () => {
  const ask = (lines: number) => {
    const asked = productIds.slice(0, lines).map((productId) => ({ productId }));
    return client.checkout(`replayed with ${lines}`, asked);
  };
  for (const lines of [1, 3]) await client.cancel((await ask(lines)).order!.id);
  await allEnded();
  const counts = [];
  for (const lines of [1, 3]) counts.push((await statementsOf(() => ask(lines))).length);
  expect(counts[0]).toBe(counts[1]);
});
