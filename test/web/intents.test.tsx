// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { beginIntent, newKey, parkIntent, readIntent, settleIntent } from '../../web/src/api/intents.ts';

beforeEach(() => sessionStorage.clear());

test('a double click carries one key', () => {
  const first = beginIntent('checkout:1', { quantity: 2 });
  const second = beginIntent('checkout:1', { quantity: 2 });
  expect(second.key).toBe(first.key);
});

test('the key survives a reload, and the intent is still open', () => {
  const { key } = beginIntent('checkout:1', { quantity: 2 });
  expect(readIntent('checkout:1')).toEqual({ key, input: { quantity: 2 }, open: true });
});

test('another quantity is another intent', () => {
  const first = beginIntent('checkout:1', { quantity: 2 });
  expect(beginIntent('checkout:1', { quantity: 3 }).key).not.toBe(first.key);
});

test('another product is another intent', () => {
  const first = beginIntent('checkout:1', { quantity: 2 });
  expect(beginIntent('checkout:2', { quantity: 2 }).key).not.toBe(first.key);
  expect(beginIntent('checkout:1', { quantity: 2 }).key).toBe(first.key);
});

test('after a definitive answer the next purchase has a new key', () => {
  const first = beginIntent('checkout:1', { quantity: 2 });
  settleIntent('checkout:1');
  expect(readIntent('checkout:1')).toBeUndefined();
  expect(beginIntent('checkout:1', { quantity: 2 }).key).not.toBe(first.key);
});

test('after an unclear answer the key stays, but nothing is sent without a click', () => {
  const first = beginIntent('checkout:1', { quantity: 2 });
  parkIntent('checkout:1');
  expect(readIntent('checkout:1')?.open).toBe(false);
  expect(beginIntent('checkout:1', { quantity: 2 })).toEqual(first);
});

test('keys are long and never the same', () => {
  const keys = new Set(Array.from({ length: 1000 }, newKey));
  expect(keys.size).toBe(1000);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});
