import { expect, test } from 'vitest';
import { times } from '../../web/src/catalog/price.ts';

const price = (amount: string) => ({ amount, currencyCode: 'USD' });

test.each([
  ['99.99', 1, '99.99'],
  ['99.99', 1000, '99990.00'],
  ['0.05', 3, '0.15'],
  ['0.10', 3, '0.30'],
  ['500', 2, '1000'],
  ['92233720368547.07', 1000, '92233720368547070.00'],
])('%s times %i is exactly %s', (amount, n, product) => {
  expect(times(price(amount), n)).toEqual(price(product));
});
