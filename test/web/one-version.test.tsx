import { describe, expect, test } from 'vitest';
import type { EventEntryFragment, OrderPageFragment, OrderStateFragment } from '../../web/src/gql/graphql.ts';
import { isBehind, type KnownOrder, learn, NOTHING, orderAsOf } from '../../web/src/orders/one-version.ts';

const USD = (amount: string) => ({ amount, currencyCode: 'USD' });
const LINES: OrderPageFragment['lines'] = [
  {
    sku: 'WIDGET',
    name: 'Widget',
    quantity: 1,
    unitPrice: USD('1.00'),
    total: USD('1.00'),
    product: { id: 'p1', sku: 'WIDGET' },
  },
];

type Change = Pick<EventEntryFragment, 'type' | 'status'> &
  Partial<{
    done: number;
    payment: OrderStateFragment['payment']['status'];
    reason: OrderStateFragment['cancelReason'];
  }>;

/** An order's whole life: what it was like at each version, and the event that made it so. */
function lifeOf(changes: Change[]) {
  let payment: OrderStateFragment['payment']['status'] = 'PENDING';
  let reason: OrderStateFragment['cancelReason'] = null;
  let attempts = 0;
  const states: OrderStateFragment[] = [];
  const events: EventEntryFragment[] = [];
  for (const [index, change] of changes.entries()) {
    const version = index + 1;
    const progress = { done: change.done ?? 0, total: 3 };
    if (change.payment) attempts++;
    payment = change.payment ?? payment;
    reason = change.reason ?? reason;
    events.push({ version, type: change.type, at: `2026-01-01T12:00:0${index}Z`, status: change.status, progress });
    states.push({
      id: 'o1',
      number: 1,
      version,
      status: change.status,
      cancelReason: reason,
      total: USD('1.00'),
      payment: { id: 'pay1', status: payment, attempts, amount: USD('1.00') },
      payBy: '2026-01-01T12:01:00Z',
      progress,
      createdAt: '2026-01-01T12:00:00Z',
      updatedAt: '2026-01-01T12:00:00Z',
    });
  }
  return {
    length: changes.length,
    state: (version: number) => states[version - 1]!,
    event: (version: number) => events[version - 1]!,
    /** An answer with the order as it was at one version, and its history up to another. */
    answer: (version: number, upTo = version) => ({
      ...states[version - 1]!,
      events: events.slice(0, upTo),
      lines: LINES,
    }),
    /** The order wholly as it was at a version: what a page may show. */
    page: (version: number): OrderPageFragment => ({
      ...states[version - 1]!,
      events: events.slice(0, version),
      lines: LINES,
    }),
  };
}

const PLACED: Change[] = [
  { type: 'CREATED', status: 'PENDING' },
  { type: 'RESERVED', status: 'PENDING' },
];
const paid = lifeOf([
  ...PLACED,
  { type: 'PAYMENT_DECLINED', status: 'PENDING', payment: 'PENDING' },
  { type: 'PAID', status: 'PAID', payment: 'SUCCEEDED' },
  { type: 'PROGRESSED', status: 'PAID', done: 1 },
  { type: 'PROGRESSED', status: 'PAID', done: 2 },
  { type: 'DISPATCHED', status: 'DISPATCHED', done: 3 },
]);
const refunded = lifeOf([
  ...PLACED,
  { type: 'CANCELLED', status: 'CANCELLED', payment: 'EXPIRED', reason: 'PAYMENT_TIMEOUT' },
  { type: 'REFUNDED', status: 'CANCELLED', payment: 'REFUNDED' },
]);

/** Learns that the stream told of a version when the order was already at another. */
const hear = (known: KnownOrder, life: typeof paid, version: number, state = version) =>
  learn(known, life.state(state), [life.event(version)]);

test('nothing is shown of an order of which nothing is known', () => {
  expect(orderAsOf(NOTHING)).toBeUndefined();
  expect(isBehind(NOTHING, undefined)).toBe(false);
});

test('an answer with its history is shown as it is', () => {
  expect(orderAsOf(learn(NOTHING, paid.answer(2)))).toEqual(paid.page(2));
});

test('the same answer again changes nothing', () => {
  const known = learn(NOTHING, paid.answer(2));
  expect(learn(known, paid.answer(2))).toBe(known);
  expect(hear(known, paid, 2)).toBe(known);
});

test('an older answer changes nothing', () => {
  const known = learn(NOTHING, paid.answer(5));
  expect(learn(known, paid.answer(4))).toBe(known);
});

test('an event with a newer state is shown as its own version was', () => {
  const known = hear(learn(NOTHING, paid.answer(4)), paid, 5, 7);
  expect(orderAsOf(known)).toEqual(paid.page(5));
  expect(isBehind(known, orderAsOf(known))).toBe(true);
});

test('an event that changes the payment waits for a state that is known to be of its version', () => {
  let known = hear(learn(NOTHING, paid.answer(3)), paid, 4, 6);
  expect(orderAsOf(known)).toEqual(paid.page(3));
  known = hear(known, paid, 5, 7);
  expect(orderAsOf(known)).toEqual(paid.page(3));
  known = hear(known, paid, 6, 7);
  expect(orderAsOf(known)).toEqual(paid.page(6));
});

test('a state without events waits for the history, which catches up event by event', () => {
  let known = learn(learn(NOTHING, paid.answer(4)), paid.state(7));
  expect(orderAsOf(known)).toEqual(paid.page(4));
  for (const version of [5, 6, 7]) {
    expect(isBehind(known, orderAsOf(known))).toBe(true);
    known = hear(known, paid, version, 7);
    expect(orderAsOf(known)).toEqual(paid.page(version));
  }
  expect(isBehind(known, orderAsOf(known))).toBe(false);
});

test('a state comes before its event, as with the answer to a payment', () => {
  let known = learn(learn(NOTHING, paid.answer(3)), paid.state(4));
  expect(orderAsOf(known)).toEqual(paid.page(3));
  known = hear(known, paid, 4);
  expect(orderAsOf(known)).toEqual(paid.page(4));
});

test('an answer whose history is newer than its state is shown as its state was', () => {
  const known = learn(NOTHING, paid.answer(3, 4));
  expect(orderAsOf(known)).toEqual(paid.page(3));
  expect(isBehind(known, orderAsOf(known))).toBe(true);
});

test('an answer whose state is newer than its history waits', () => {
  const known = learn(NOTHING, paid.answer(7, 2));
  expect(orderAsOf(known)).toBeUndefined();
  expect(isBehind(known, undefined)).toBe(true);
});

test('nothing after a gap is shown until the gap is filled', () => {
  let known = learn(NOTHING, paid.answer(4));
  known = hear(known, paid, 6);
  known = hear(known, paid, 7);
  expect(orderAsOf(known)).toEqual(paid.page(4));
  expect(isBehind(known, orderAsOf(known))).toBe(true);
  known = hear(known, paid, 5, 7);
  expect(orderAsOf(known)).toEqual(paid.page(7));
});

test('a refund that only another answer tells of is not shown by halves', () => {
  let known = learn(learn(NOTHING, refunded.answer(3)), refunded.state(4));
  expect(orderAsOf(known)).toEqual(refunded.page(3));
  expect(isBehind(known, orderAsOf(known))).toBe(true);
  known = learn(known, refunded.answer(4));
  expect(orderAsOf(known)).toEqual(refunded.page(4));
});

test('states that are shown no more are forgotten', () => {
  let known = learn(NOTHING, paid.answer(2));
  for (const version of [3, 4, 5, 6, 7]) known = hear(known, paid, version);
  expect(known.states).toEqual([paid.state(7)]);
});

describe('in whatever order answers and events come', () => {
  // Small and seeded, so that a failure can be run again: https://en.wikipedia.org/wiki/Linear_congruential_generator
  const random = (seed: number) => () => {
    seed = (seed * 1664525 + 1013904223) % 2 ** 32;
    return seed / 2 ** 32;
  };

  test.each([
    ['a paid order', paid],
    ['a refunded order', refunded],
  ])('%s is always shown as one of its versions was, never an older one again, and at last the newest', (_, life) => {
    for (let seed = 0; seed < 500; seed++) {
      const chance = random(seed);
      const from = (least: number) => least + Math.floor(chance() * (life.length - least + 1));
      const messages = Array.from({ length: life.length }, (_, index) => index + 1).flatMap((version) => [
        (known: KnownOrder) => hear(known, life, version, from(version)),
        (known: KnownOrder) => learn(known, life.answer(from(1), from(1))),
        (known: KnownOrder) => learn(known, life.state(from(1))),
      ]);
      messages.push((known) => learn(known, life.answer(life.length)));
      for (let n = messages.length - 1; n > 0; n--) {
        const other = Math.floor(chance() * (n + 1));
        [messages[n], messages[other]] = [messages[other]!, messages[n]!];
      }
      let known = NOTHING;
      let last = 0;
      for (const message of messages) {
        known = message(known);
        const shown = orderAsOf(known);
        if (!shown) continue;
        expect(shown, `seed ${seed}`).toEqual(life.page(shown.version));
        expect(shown.version, `seed ${seed}`).toBeGreaterThanOrEqual(last);
        last = shown.version;
      }
      expect(last, `seed ${seed}`).toBe(life.length);
      expect(isBehind(known, orderAsOf(known))).toBe(false);
    }
  });
});
