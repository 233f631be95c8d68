import { describe, expect, test } from 'vitest';
import { MAX_MINOR, toDecimal, totalOf } from '../../server/domain/money.ts';

test.each([
  [9999n, 'USD', '99.99'],
  [0n, 'USD', '0.00'],
  [5n, 'USD', '0.05'],
  [-5n, 'USD', '-0.05'],
  [-12345n, 'EUR', '-123.45'],
  [500n, 'JPY', '500'],
  [-1n, 'JPY', '-1'],
  [0n, 'JPY', '0'],
  [1n, 'KWD', '0.001'],
  [12345n, 'KWD', '12.345'],
  [9_007_199_254_740_991n, 'USD', '90071992547409.91'],
  [123_456_789_012_345_678_901n, 'USD', '1234567890123456789.01'],
])('%s minor units of %s are %s', (minor, currency, decimal) => {
  expect(toDecimal(minor, currency)).toBe(decimal);
});

describe('a total', () => {
  const line = (unitPriceMinor: bigint, quantity: number) => ({ unitPriceMinor, quantity });

  test('is exact', () => {
    expect(totalOf([line(9999n, 3), line(1n, 1)])).toBe(29_998n);
    expect(totalOf([])).toBe(0n);
  });

  test('fits up to the largest amount', () => {
    expect(totalOf([line(MAX_MINOR, 1)])).toBe(MAX_MINOR);
  });

  test('is refused beyond it', () => {
    expect(totalOf([line(MAX_MINOR, 1), line(1n, 1)])).toBeUndefined();
    expect(totalOf([line(MAX_MINOR, 1000)])).toBeUndefined();
  });
});
