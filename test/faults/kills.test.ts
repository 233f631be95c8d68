import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { type Freeze, freezeAt } from '../support/freeze.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { boundaries, type Fate, STEPS, type Story } from './boundaries.ts';
import { ask } from './lease-rows.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

const LANES = 3;

/** Stores that work side by side: a test takes one, and waits its turn when none is free. */
class Stores {
  readonly all: RunningStore[] = [];
  readonly #free: RunningStore[] = [];
  readonly #waiting: ((store: RunningStore) => void)[] = [];

  async start(count: number, env: Record<string, string>): Promise<void> {
    this.all.push(...(await Promise.all(Array.from({ length: count }, () => startServer({ env })))));
    this.#free.push(...this.all);
  }

  async take(): Promise<RunningStore> {
    return this.#free.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(store: RunningStore): void {
    const next = this.#waiting.shift();
    if (next) next(store);
    else this.#free.push(store);
  }
}

/** Acts as a client whose keys all follow from `key`. */
type Teller = (client: Client, key: string) => Promise<void>;

async function checkOut(client: Client, key: string) {
  const { id } = await client.product('WIDGET');
  const answer = await client.checkout(key, [{ productId: id }]);
  expect(answer.__typename).toBe('CheckoutSuccess');
  return answer.order!;
}

async function pay(client: Client, key: string, outcome: 'PAID' | 'DECLINED' | 'FAILED') {
  const { payment } = await checkOut(client, key);
  const answer = await client.pay(payment.id, outcome, `${key}-${outcome}`);
  expect(answer.__typename).toBe('SubmitPaymentSuccess');
}

async function becomes(client: Client, key: string, status: string, payment: string) {
  const { id } = await checkOut(client, key);
  await eventually(`the order is ${status}`, async () => (await client.order(id))?.status === status);
  expect((await client.order(id))?.payment.status).toBe(payment);
}

async function cancel(client: Client, key: string) {
  const answer = await client.cancel((await checkOut(client, key)).id);
  expect(answer.__typename).toBe('CancelOrderSuccess');
}

/** What a client does, and expects in the end. Each may be told from the beginning as often as one likes. */
const stories: Record<Story, Teller> = {
  async bought(client, key) {
    await pay(client, key, 'PAID');
    await becomes(client, key, 'DISPATCHED', 'SUCCEEDED');
  },
  async refused(client, key) {
    const { id } = await client.product('WIDGET');
    const answer = await client.checkout(key, [{ productId: id, quantity: 1000 }]);
    expect(answer.__typename).toBe('InsufficientStockError');
    expect((await client.order(answer.order!.id))?.events.map(({ type }) => type)).toEqual(['CREATED', 'CANCELLED']);
  },
  async declined(client, key) {
    const { status } = await checkOut(client, key);
    if (status === 'PENDING') await pay(client, key, 'DECLINED');
    await pay(client, key, 'PAID');
    await becomes(client, key, 'DISPATCHED', 'SUCCEEDED');
  },
  async failed(client, key) {
    await pay(client, key, 'FAILED');
    await becomes(client, key, 'CANCELLED', 'FAILED');
  },
  async cancelled(client, key) {
    await cancel(client, key);
    await becomes(client, key, 'CANCELLED', 'EXPIRED');
  },
  async expired(client, key) {
    await becomes(client, key, 'CANCELLED', 'EXPIRED');
  },
  async refunded(client, key) {
    const { status } = await checkOut(client, key);
    if (status === 'PENDING') await cancel(client, key);
    await pay(client, key, 'PAID');
    await becomes(client, key, 'CANCELLED', 'REFUNDED');
  },
  async restocked(client, key) {
    const answer = await client.restock({ idempotencyKey: key, level: { add: 7 } });
    expect(answer.__typename).toBe('RestockSuccess');
    expect(answer.products).toHaveLength(4);
  },
};

/** Kills the server while its session stands at a point, lets that session have its fate, and starts a new server. */
async function killAt(
  store: RunningStore,
  { reached, isShared, terminate, thaw }: Freeze,
  fate: Fate,
  isTold: () => boolean,
) {
  const frozen = await reached();
  await store.kill('SIGKILL');
  if (fate === 'LOST') await terminate();
  if (fate === 'DONE') await thaw();
  let ready = false;
  const restarted = store.restart().then(() => {
    ready = true;
  });
  if (fate === 'DONE_LATE') {
    const leftAlone = async () => ready && (await holdsWorkflow(store.databaseUrl));
    await eventually(
      'the new server waits for the old session, leaves what that holds for later, or does the same beside it',
      async () =>
        isTold() || (await isBlocking(store.databaseUrl, frozen)) || (await isShared()) || (await leftAlone()),
    );
    await thaw();
  }
  await restarted;
}

async function isBlocking(databaseUrl: string, pid: number): Promise<boolean> {
  const waiting = 'SELECT FROM pg_stat_activity WHERE datname = current_database() AND $1 = ANY(pg_blocking_pids(pid))';
  return (await ask(databaseUrl, waiting, [pid])).length > 0;
}

/** Tells whether there is an unfinished workflow that somebody writes, and nobody can take over for now. */
async function holdsWorkflow(databaseUrl: string): Promise<boolean> {
  const pending = `SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'PENDING'`;
  const all = await ask(databaseUrl, pending);
  return all.length > (await ask(databaseUrl, `${pending} FOR SHARE SKIP LOCKED`)).length;
}

const stores = new Stores();
/** Here the time to pay is over at once. */
const hastyStores = new Stores();
const env = {
  DISPATCH_STEPS: String(STEPS),
  DISPATCH_STEP_MS: '50',
  // However slow the machine is, nothing is to expire that is not meant to.
  PAYMENT_WINDOW_SECONDS: '600',
};
beforeAll(async () => {
  await stores.start(LANES, env);
  await hastyStores.start(1, { ...env, PAYMENT_WINDOW_SECONDS: '0.3' });
});
afterAll(() => Promise.all([...stores.all, ...hastyStores.all].map((store) => store.stop())));

describe.concurrent('killed at any moment, the server goes on where it was', () => {
  test.for(boundaries())('$story: $name ($fate)', { timeout: 240_000 }, async ({ story, point, fate }) => {
    const side = story === 'expired' ? hastyStores : stores;
    const store = await side.take();
    try {
      const key = randomUUID();
      const client = patientClientOf(store.url);
      const before = await client.product('WIDGET');
      const freeze = await freezeAt(store.databaseUrl, point);
      const told = stories[story](client, key);
      let isTold = false;
      const telling = told.then(() => {
        isTold = true;
      });
      await Promise.all([telling, killAt(store, freeze, fate, () => isTold)]);

      await stories[story](client, key);
      await comesToRest(store.databaseUrl);
      const sold = { bought: -1, declined: -1, restocked: 7 }[story as string] ?? 0;
      expect((await client.product('WIDGET')).inventory - before.inventory).toBe(sold);
    } finally {
      side.give(store);
    }
  });
});
