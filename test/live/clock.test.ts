import { afterEach, describe, expect, test, vi } from 'vitest';
import { live } from '../../server/infra/live/live.ts';
import { useApp } from '../support/app.ts';
import type { OrderData } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';

const HOUR = 3_600_000;
const store = useApp({ env: { DISPATCH_STEPS: '3', DISPATCH_STEP_MS: '200' } });
const { client } = store;
afterEach(() => {
  vi.restoreAllMocks();
});

/** Sets the wall clock of the process, and with it of nobody else. */
function step(by: number): void {
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + by);
}

async function place(name: string): Promise<OrderData> {
  const { id: productId } = await client.product('WIDGET');
  return (await client.checkout(name, [{ productId }])).order!;
}

describe.each([
  ['an hour ahead', HOUR],
  ['an hour back', -HOUR],
])('the wall clock of the server steps %s', (direction, by) => {
  test('an order that was placed before is paid in time, and is dispatched at its pace', async () => {
    const order = await place(`stepped ${direction}`);
    step(by);
    expect(await client.pay(order.payment.id, 'PAID')).toMatchObject({
      order: { status: 'PAID', payment: { status: 'SUCCEEDED' } },
    });
    const dispatched = await eventually('dispatched', async () => {
      const now = await client.order(order.id);
      return now?.status === 'DISPATCHED' && now;
    });
    const times = dispatched.events.slice(2).map(({ at }) => Date.parse(at));
    // Three steps of 200 ms; what is left of that says that they were not run through.
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(300);
  });

  test('one that is placed after it has all of its time', async () => {
    step(by);
    const { createdAt, payBy } = await place(`placed ${direction}`);
    expect(Date.parse(payBy) - Date.parse(createdAt)).toBe(600_000);
  });
});

test('answers are dated by the clock that moments are told by', async () => {
  vi.spyOn(live, 'databaseNow').mockReturnValue(Date.UTC(2031, 1, 3, 4, 5, 6, 789));
  const response = await fetch(`${store.url}/graphql?query={server{demo}}`);
  expect(response.headers.get('date')).toBe('Mon, 03 Feb 2031 04:05:06 GMT');
});
