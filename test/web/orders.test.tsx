import { expect, test } from 'vitest';
import type { OrderRowFragment } from '../../web/src/gql/graphql.ts';
import { applyChange, mergeRows, type OrderList } from '../../web/src/operator/order-list.ts';
import { mergeEvents } from '../../web/src/orders/events.ts';

const row = (number: number, version = 1, status: OrderRowFragment['status'] = 'PENDING'): OrderRowFragment => ({
  id: `order-${number}`,
  number,
  version,
  status,
  cancelReason: null,
  total: { amount: '1.00', currencyCode: 'USD' },
  payment: { id: `payment-${number}`, status: 'PENDING', attempts: 0, amount: { amount: '1.00', currencyCode: 'USD' } },
  payBy: '2026-01-01T12:01:00Z',
  lines: [],
  progress: { done: 0, total: 10 },
  createdAt: '2026-01-01T12:00:00Z',
  updatedAt: '2026-01-01T12:00:00Z',
});
const list = (rows: OrderRowFragment[], nextCursor: string | null = null): OrderList => ({ rows, nextCursor });
const numbers = ({ rows }: OrderList) => rows.map((each) => each.number);

test('events of two sources are shown once each, oldest first', () => {
  const events = (...versions: number[]) => versions.map((version) => ({ version }));
  expect(mergeEvents(events(1, 2, 4), events(4, 3, 5, 5))).toEqual(events(1, 2, 3, 4, 5));
});

test('nothing new leaves the very same list of events', () => {
  const known = [{ version: 1 }, { version: 2 }];
  expect(mergeEvents(known, [{ version: 2 }])).toBe(known);
});

test('a new order appears on top', () => {
  expect(numbers(applyChange(list([row(2), row(1)]), row(3), null))).toEqual([3, 2, 1]);
});

test('a change replaces the row where it stands', () => {
  const changed = applyChange(list([row(2), row(1)]), row(1, 2, 'PAID'), null);
  expect(changed.rows.map((each) => each.status)).toEqual(['PENDING', 'PAID']);
});

test('an older version of an order changes nothing', () => {
  const known = list([row(1, 5, 'PAID')]);
  expect(applyChange(known, row(1, 4), null)).toBe(known);
  expect(mergeRows(known.rows, [row(1, 4)])).toEqual(known.rows);
});

test('an order that no longer matches the filter leaves, and others do not come in', () => {
  const known = list([row(2), row(1)]);
  expect(numbers(applyChange(known, row(1, 2, 'PAID'), 'PENDING'))).toEqual([2]);
  expect(applyChange(known, row(3, 2, 'PAID'), 'PENDING')).toBe(known);
});

test('an older order that is not loaded yet waits for its page', () => {
  const known = list([row(9), row(8)], 'cursor');
  expect(applyChange(known, row(3, 2), null)).toBe(known);
  expect(numbers(applyChange(list([row(9), row(8)]), row(3, 2), null))).toEqual([9, 8, 3]);
});
