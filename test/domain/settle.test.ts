import { describe, expect, test } from 'vitest';
import { isFinal, type OrderState, type Signal, type SignalKind, settle } from '../../server/domain/order.ts';

const pending: OrderState = { status: 'PENDING', cancelReason: null, payment: 'PENDING', attempts: 0, version: 2 };
const paid: OrderState = { status: 'PAID', cancelReason: null, payment: 'SUCCEEDED', attempts: 1, version: 3 };
const dispatched: OrderState = { ...paid, status: 'DISPATCHED', version: 13 };
const cancelled = { ...pending, status: 'CANCELLED', version: 3 } as const;
const failed: OrderState = { ...cancelled, cancelReason: 'PAYMENT_FAILED', payment: 'FAILED', attempts: 1 };
const expired: OrderState = { ...cancelled, cancelReason: 'PAYMENT_TIMEOUT', payment: 'EXPIRED' };
const requested: OrderState = { ...cancelled, cancelReason: 'REQUESTED', payment: 'EXPIRED' };
const outOfStock: OrderState = { ...cancelled, cancelReason: 'OUT_OF_STOCK', payment: 'EXPIRED' };
const refunded: OrderState = { ...expired, payment: 'REFUNDED', attempts: 1, version: 4 };

const inTime = (kind: SignalKind): Signal => ({ kind, late: false });
const late = (kind: SignalKind): Signal => ({ kind, late: true });

describe('a signal for an order that waits for payment takes effect', () => {
  test.each([
    ['PAID', 'PAID', { ...paid }],
    ['DECLINED', 'PAYMENT_DECLINED', { ...pending, attempts: 1, version: 3 }],
    ['FAILED', 'CANCELLED', failed],
    ['CANCEL', 'CANCELLED', requested],
  ] as const)('%s', (kind, type, order) => {
    expect(settle(pending, [inTime(kind)], false)).toEqual({
      order,
      changes: [{ version: 3, type, status: order.status }],
      outcomes: ['APPLIED'],
    });
  });
});

describe('a signal for an order that is settled repeats or contradicts it, and changes nothing', () => {
  test.each([
    ['paid', paid, { PAID: 'DUPLICATE', DECLINED: 'REJECTED', FAILED: 'REJECTED', CANCEL: 'REJECTED' }],
    ['dispatched', dispatched, { PAID: 'DUPLICATE', DECLINED: 'REJECTED', FAILED: 'REJECTED', CANCEL: 'REJECTED' }],
    ['failed', failed, { DECLINED: 'REJECTED', FAILED: 'DUPLICATE', CANCEL: 'REJECTED' }],
    ['expired', expired, { DECLINED: 'REJECTED', FAILED: 'REJECTED', CANCEL: 'REJECTED' }],
    ['cancelled on request', requested, { DECLINED: 'REJECTED', FAILED: 'REJECTED', CANCEL: 'DUPLICATE' }],
    ['out of stock', outOfStock, { DECLINED: 'REJECTED', FAILED: 'REJECTED', CANCEL: 'REJECTED' }],
    ['refunded', refunded, { PAID: 'DUPLICATE', DECLINED: 'REJECTED', FAILED: 'REJECTED', CANCEL: 'REJECTED' }],
  ] as const)('%s', (_name, order, answers) => {
    for (const [kind, outcome] of Object.entries(answers))
      for (const signal of [inTime(kind as SignalKind), late(kind as SignalKind)])
        for (const overdue of [false, true])
          expect(settle(order, [signal], overdue), kind).toEqual({ order, changes: [], outcomes: [outcome] });
  });
});

describe('money for an order that was cancelled is refunded', () => {
  test.each([
    ['failed', failed],
    ['expired', expired],
    ['cancelled on request', requested],
    ['out of stock', outOfStock],
  ] as const)('%s', (_name, order) => {
    const { order: becomes, changes, outcomes } = settle(order, [late('PAID')], true);
    expect(becomes).toEqual({ ...order, payment: 'REFUNDED', attempts: order.attempts + 1, version: 4 });
    expect(changes).toEqual([{ version: 4, type: 'REFUNDED', status: 'CANCELLED' }]);
    expect(outcomes).toEqual(['APPLIED']);
  });
});

describe('the deadline', () => {
  test('cancels an order that waits', () => {
    const changes = [{ version: 3, type: 'CANCELLED', status: 'CANCELLED' }];
    expect(settle(pending, [], true)).toEqual({ order: expired, changes, outcomes: [] });
  });

  test('changes nothing before it has passed', () => {
    expect(settle(pending, [], false)).toEqual({ order: pending, changes: [], outcomes: [] });
  });

  test('does not reach money that arrived in time but is looked at later', () => {
    expect(settle(pending, [inTime('PAID')], true).order).toEqual(paid);
  });

  test('cancels after a decline that arrived in time', () => {
    const { order, changes } = settle(pending, [inTime('DECLINED')], true);
    expect(order).toEqual({ ...expired, attempts: 1, version: 4 });
    expect(changes.map(({ type }) => type)).toEqual(['PAYMENT_DECLINED', 'CANCELLED']);
  });

  test.each([
    ['PAID', ['CANCELLED', 'REFUNDED'], 'APPLIED', 'REFUNDED'],
    ['DECLINED', ['CANCELLED'], 'REJECTED', 'EXPIRED'],
    ['FAILED', ['CANCELLED'], 'REJECTED', 'EXPIRED'],
    ['CANCEL', ['CANCELLED'], 'REJECTED', 'EXPIRED'],
  ] as const)('comes before a signal that arrived after it: %s', (kind, types, outcome, payment) => {
    const { order, changes, outcomes } = settle(pending, [late(kind)], true);
    expect(order).toMatchObject({ status: 'CANCELLED', cancelReason: 'PAYMENT_TIMEOUT', payment });
    expect(changes.map(({ type }) => type)).toEqual(types);
    expect(outcomes).toEqual([outcome]);
  });
});

describe('several signals count in the order of their arrival', () => {
  test.each([
    [['DECLINED', 'DECLINED', 'PAID'], ['APPLIED', 'APPLIED', 'APPLIED'], 'PAID', 3],
    [['PAID', 'PAID'], ['APPLIED', 'DUPLICATE'], 'PAID', 1],
    [['PAID', 'CANCEL'], ['APPLIED', 'REJECTED'], 'PAID', 1],
    [['CANCEL', 'PAID'], ['APPLIED', 'APPLIED'], 'CANCELLED', 1],
    [['FAILED', 'PAID', 'PAID'], ['APPLIED', 'APPLIED', 'DUPLICATE'], 'CANCELLED', 2],
    [['CANCEL', 'CANCEL', 'FAILED'], ['APPLIED', 'DUPLICATE', 'REJECTED'], 'CANCELLED', 0],
  ] as const)('%s', (kinds, outcomes, status, attempts) => {
    const settlement = settle(pending, kinds.map(inTime), false);
    expect(settlement.outcomes).toEqual(outcomes);
    expect(settlement.order).toMatchObject({ status, attempts });
    const applied = outcomes.filter((outcome) => outcome === 'APPLIED').length;
    const versions = settlement.changes.map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: applied }, (_, i) => pending.version + 1 + i));
    expect(settlement.order.version).toBe(pending.version + applied);
  });
});

test('only a dispatched or cancelled order is final', () => {
  const final = (['PENDING', 'PAID', 'DISPATCHED', 'CANCELLED'] as const).filter(isFinal);
  expect(final).toEqual(['DISPATCHED', 'CANCELLED']);
});
