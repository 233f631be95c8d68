import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

const OTHERS = 10;

const store = useApp({ env: { DISPATCH_STEPS: '5', DISPATCH_STEP_MS: '100' } });
const { client } = store;

/** Locks rows as a session does that somebody has left open, and returns what ends it. */
async function hold(rows: string, ...parameters: unknown[]): Promise<() => Promise<void>> {
  const session = new pg.Client({ connectionString: store.databaseUrl });
  await session.connect();
  onTestFinished(() => session.end());
  await session.query('BEGIN');
  expect((await session.query(`${rows} FOR UPDATE`, parameters)).rowCount).toBe(1);
  return async () => void (await session.query('ROLLBACK'));
}

const ORDER = 'SELECT FROM orders WHERE id = $1::uuid';
const localId = (globalId: string) => atob(globalId).split(':')[1];

async function placed(key: string, sku = 'WIDGET') {
  const { id: productId } = await client.product(sku);
  return (await client.checkout(key, [{ productId }])).order!;
}
const several = (key: string) => Promise.all(Array.from({ length: OTHERS }, (_, i) => placed(`${key} ${i}`)));
const pay = ({ payment }: { payment: { id: string } }) => client.pay(payment.id, 'PAID', payment.id);
const dispatched = (id: string) => async () => (await client.order(id))!.status === 'DISPATCHED';

/** Holds an order in the middle of its dispatch: another one where that was over before. */
async function heldOnItsWay() {
  for (let n = 1; ; n++) {
    const held = await placed(`held on its way ${n}`);
    await pay(held);
    const release = await hold(ORDER, localId(held.id));
    if ((await client.order(held.id))!.status === 'PAID') return { held, release };
    await release();
  }
}

test('an order that somebody holds is paid when it is free again, and nobody else waits for that', async () => {
  const held = await placed('held');
  const others = await several('pays beside it');
  const release = await hold(ORDER, localId(held.id));
  let free = false;
  const answer = pay(held).then((result) => ({ result, free }));
  for (const { __typename } of await Promise.all(others.map(pay))) expect(__typename).toBe('SubmitPaymentSuccess');
  free = true;
  await release();
  expect(await answer).toMatchObject({ result: { __typename: 'SubmitPaymentSuccess' }, free: true });
  await eventually('dispatched', dispatched(held.id));
});

test('a dispatch that somebody holds goes on when it is free again, and the others in their time', async () => {
  const others = await several('on their way beside it');
  const { held, release } = await heldOnItsWay();
  await Promise.all(others.map(pay));
  for (const { id } of others) await eventually('another is dispatched', dispatched(id));
  expect((await client.order(held.id))!.status).toBe('PAID');
  await release();
  await eventually('dispatched', dispatched(held.id));
  const { events } = (await client.order(held.id))!;
  expect(events.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('a product that somebody holds is sold when it is free again, and others meanwhile', async () => {
  const { id } = await client.product('GADGET');
  const release = await hold('SELECT FROM products WHERE id = $1', Number(localId(id)));
  let free = false;
  const answer = placed('of a held product', 'GADGET').then(({ status }) => ({ status, free }));
  for (const { status } of await several('of another product')) expect(status).toBe('PENDING');
  free = true;
  await release();
  expect(await answer).toEqual({ status: 'PENDING', free: true });
});
