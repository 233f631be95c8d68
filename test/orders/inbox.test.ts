import { expect, test, vi } from 'vitest';
import { localInbox } from '../../server/orders/orders.inbox.ts';

const names = (orderId: string) => ({ orderId, paymentId: `payment of ${orderId}` });
const report = { kind: 'PAID', key: null, receivedAt: 1 } as const;

test('a report for an order that nobody waits for here is not taken', () => {
  expect(localInbox.hand('elsewhere', report)).toBeUndefined();
  expect(localInbox.take('elsewhere')).toEqual([]);
});

test('reports are taken once, in the order of arrival, and each sender is told what became of its own', async () => {
  localInbox.open(names('answered'));
  const first = localInbox.hand('answered', report);
  const second = localInbox.hand('answered', { kind: 'CANCEL', key: 'key', receivedAt: 2 });
  const taken = localInbox.take('answered');
  expect(taken).toMatchObject([report, { kind: 'CANCEL', key: 'key', receivedAt: 2 }]);
  expect(localInbox.take('answered')).toEqual([]);
  localInbox.answer(taken[1]!.id, { outcome: 'REJECTED' });
  localInbox.answer(taken[0]!.id, { outcome: 'APPLIED' });
  expect(await Promise.all([first, second])).toEqual([{ outcome: 'APPLIED' }, { outcome: 'REJECTED' }]);
});

test('the sender of a report that is given up hears that nobody acted on it', async () => {
  localInbox.open(names('given up'));
  const handed = localInbox.hand('given up', report);
  localInbox.giveUp(localInbox.take('given up')[0]!.id);
  expect(await handed).toBeNull();
});

test('a second answer to a report changes nothing', async () => {
  localInbox.open(names('twice'));
  const handed = localInbox.hand('twice', report);
  const { id } = localInbox.take('twice')[0]!;
  localInbox.answer(id, { outcome: 'APPLIED' });
  localInbox.giveUp(id);
  expect(await handed).toEqual({ outcome: 'APPLIED' });
});

test('closing gives up what nobody took, leaves what was taken to its taker, and takes no more', async () => {
  localInbox.open(names('closed'));
  const taken = localInbox.hand('closed', report);
  const { id } = localInbox.take('closed')[0]!;
  const left = localInbox.hand('closed', report);
  localInbox.close('closed');
  expect(await left).toBeNull();
  expect(localInbox.hand('closed', report)).toBeUndefined();
  localInbox.answer(id, { outcome: 'APPLIED' });
  expect(await taken).toEqual({ outcome: 'APPLIED' });
});

test('reports may have been stored before any wait but the first of an order that was placed here', () => {
  expect(localInbox.beginWait(names('recovered'))).toBe(true);
  localInbox.open(names('placed here'));
  expect(localInbox.beginWait(names('placed here'))).toBe(false);
  expect(localInbox.beginWait(names('placed here'))).toBe(true);
});

test('who waits is woken by each report, until it waits no more', () => {
  const wake = vi.fn();
  localInbox.open(names('woken'));
  localInbox.onReport('woken', wake);
  void localInbox.hand('woken', report);
  expect(wake).toHaveBeenCalledTimes(1);
  localInbox.onReport('woken', undefined);
  void localInbox.hand('woken', report);
  expect(wake).toHaveBeenCalledTimes(1);
});

test('opening again keeps what was handed over', () => {
  localInbox.open(names('opened twice'));
  void localInbox.hand('opened twice', report);
  localInbox.open(names('opened twice'));
  expect(localInbox.take('opened twice')).toMatchObject([report]);
});

test('a payment leads to its order for as long as its workflow waits here', () => {
  localInbox.open(names('paid'));
  expect(localInbox.orderOf('payment of paid')).toBe('paid');
  localInbox.close('paid');
  expect(localInbox.orderOf('payment of paid')).toBeUndefined();
});
