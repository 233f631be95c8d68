import { expect, test } from 'vitest';
import { keyProblem, MIN_CHECKOUT_KEY_LENGTH } from '../../server/domain/key.ts';

test.each([
  ['one character', 'k'],
  ['255 characters', 'k'.repeat(255)],
  ['255 characters outside the basic plane', '🛒'.repeat(255)],
  ['spaces, line ends and quotes', ` '"\n\t;--`],
  ['text of any script', 'заказ-注文-طلب'],
])('%s: a key', (_name, key) => {
  expect(keyProblem(key)).toBeUndefined();
});

test('a checkout wants a longer one, by its characters and not by their halves', () => {
  expect(keyProblem('k'.repeat(15), MIN_CHECKOUT_KEY_LENGTH)).toContain('16 characters');
  expect(keyProblem('🛒'.repeat(15), MIN_CHECKOUT_KEY_LENGTH)).toContain('16 characters');
  expect(keyProblem('🛒'.repeat(16), MIN_CHECKOUT_KEY_LENGTH)).toBeUndefined();
});

test.each([
  ['nothing', ''],
  ['256 characters', 'k'.repeat(256)],
  ['256 characters outside the basic plane', '🛒'.repeat(256)],
  ['a NUL', 'a\0b'],
  ['the first half of a surrogate pair', 'a\ud83d'],
  ['the second half of a surrogate pair', '\uded2a'],
])('%s: no key', (_name, key) => {
  expect(keyProblem(key)).toEqual(expect.any(String));
});
