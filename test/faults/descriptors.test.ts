import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { ask } from './lease-rows.ts';

expectLog(/connection failed/, /trying again/, /no sweep/, /changes were not announced/, /the database is away/);

let database: Awaited<ReturnType<typeof createDatabase>>;
let server: ServerProcess;
const crowd: Socket[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeAll(async () => {
  database = await createDatabase();
  const patient = { LIMIT_HEADERS_SECONDS: '600', LIMIT_REQUEST_SECONDS: '600', PAYMENT_WINDOW_SECONDS: '600' };
  server = await serverProcess(database.url, { ...patient, DISPATCH_STEPS: '2', DISPATCH_STEP_MS: '50' }, 150);
  await server.start();
});
afterAll(async () => {
  agent.destroy();
  for (const socket of crowd) socket.destroy();
  await server?.kill('SIGTERM');
  await database?.drop();
});

/** Sends a request by the one connection that there is from before. */
async function send(path: string, body?: object): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' };
  const sent = request(`${server.url}${path}`, { agent, method: body ? 'POST' : 'GET', headers });
  sent.end(body && JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of response) text += part;
  return { status: response.statusCode!, text };
}

async function checkOut(): Promise<{ id: string; payment: { id: string } }> {
  const products = await send('/graphql', { query: '{ products(first: 1) { edges { node { id } } } }' });
  const productId = JSON.parse(products.text).data.products.edges[0].node.id as string;
  const { text } = await send('/graphql', {
    query: `mutation ($input: CheckoutInput!) {
      checkout(input: $input) { ... on CheckoutSuccess { order { id payment { id } } } } }`,
    variables: { input: { idempotencyKey: randomUUID(), lines: [{ productId }] } },
  });
  return JSON.parse(text).data.checkout.order;
}

test('a process that has no file descriptors for more clients keeps those for the database and for files', async () => {
  const first = await checkOut();
  for (let n = 0; n < 200; n++)
    crowd.push(connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {}));
  await eventually('connections are refused', () => crowd.some(({ closed }) => closed));
  expect(await send('/')).toMatchObject({ status: 200, text: expect.stringContaining('</html>') });

  await ask(
    database.url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const pay = 'mutation ($id: ID!) { submitPayment(input: { paymentId: $id, outcome: PAID }) { __typename } }';
  await eventually('a payment takes effect', async () => {
    const { text } = await send('/graphql', { query: pay, variables: { id: first.payment.id } });
    return text.includes('SubmitPaymentSuccess');
  });
  await checkOut();
  expect(crowd.some(({ closed }) => !closed)).toBe(true);

  for (const socket of crowd) socket.destroy();
  await eventually('others are let in', async () => (await fetch(`${server.url}/readyz`)).ok);
  expect(server.running).toBe(true);
});
