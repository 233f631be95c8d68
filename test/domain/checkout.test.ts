import { describe, expect, test } from 'vitest';
import { asGiven, mergeLines, place, type Shelf } from '../../server/domain/checkout.ts';
import { MAX_MINOR } from '../../server/domain/money.ts';

const line = (productId: number, quantity: number) => ({ productId, quantity });
const many = (count: number) => Array.from({ length: count }, (_, i) => line(i + 1, 1));

describe('the lines of an order', () => {
  test('for the same product are added up, in order of first mention', () => {
    expect(mergeLines([line(2, 1), line(1, 5), line(2, 3)])).toEqual({ lines: [line(2, 4), line(1, 5)] });
  });

  test('are 1 to 50', () => {
    expect(mergeLines(many(1))).toEqual({ lines: many(1) });
    expect(mergeLines(many(50))).toEqual({ lines: many(50) });
    for (const lines of [[], many(51)]) expect(mergeLines(lines)).toMatchObject({ problem: { path: ['lines'] } });
  });

  test('are at most 50 also where they are for one product', () => {
    const lines = Array.from({ length: 51 }, () => line(1, 1));
    expect(mergeLines(lines)).toMatchObject({ problem: { path: ['lines'] } });
  });

  test.each([1, 1000])('have a quantity of %s', (quantity) => {
    expect(mergeLines([line(1, quantity)])).toEqual({ lines: [line(1, quantity)] });
  });

  test.each([0, -1, 1001, 0.5, Number.NaN, 2_147_483_647])('do not have a quantity of %s', (quantity) => {
    expect(mergeLines([line(2, 1), line(1, quantity)])).toMatchObject({
      problem: { path: ['lines', '1', 'quantity'] },
    });
  });

  test('add up to 1,000 of a product at most', () => {
    expect(mergeLines([line(1, 999), line(1, 1)])).toEqual({ lines: [line(1, 1000)] });
    expect(mergeLines([line(1, 999), line(2, 5), line(1, 2)])).toMatchObject({
      problem: { path: ['lines', '2', 'quantity'] },
    });
  });

  test('add up to what one order may have at most', () => {
    expect(mergeLines([line(1, 2), line(1, 1)], 3)).toEqual({ lines: [line(1, 3)] });
    expect(mergeLines([line(1, 2), line(1, 2)], 3)).toEqual({
      problem: { path: ['lines', '1', 'quantity'], message: 'A quantity is 1 to 3 of a product.' },
    });
  });

  test('have their problems told by the place where each was given', () => {
    const given = [line(2, 1), line(2, 2), line(1, 5)];
    const merged = [line(2, 3), line(1, 5)];
    const message = 'No.';
    expect(asGiven({ path: ['lines', '1', 'quantity'], message }, merged, given).path).toEqual([
      'lines',
      '2',
      'quantity',
    ]);
    expect(asGiven({ path: ['lines', '0', 'quantity'], message }, merged, given).path).toEqual([
      'lines',
      '0',
      'quantity',
    ]);
    expect(asGiven({ path: ['lines'], message }, merged, given)).toEqual({ path: ['lines'], message });
  });

  test('cannot make up for a wrong quantity by another', () => {
    expect(mergeLines([line(1, 5), line(1, -1)])).toHaveProperty('problem');
  });
});

describe('placing an order', () => {
  const shelf = (id: number, inventory: number, more: Partial<Shelf> = {}): Shelf => ({
    id,
    sku: `SKU-${id}`,
    name: `Product ${id}`,
    priceMinor: BigInt(id * 100),
    currency: 'USD',
    inventory,
    maxPerOrder: null,
    ...more,
  });
  const shelvesOf = (...shelves: Shelf[]) => new Map(shelves.map((one) => [one.id, one]));
  const left = (shelves: Map<number, Shelf>) => [...shelves.values()].map(({ inventory }) => inventory);

  test('prices its lines and takes their units', () => {
    const shelves = shelvesOf(shelf(1, 10), shelf(2, 5));
    expect(place([line(2, 5), line(1, 3)], shelves)).toEqual({
      placement: {
        lines: [
          { productId: 2, quantity: 5, sku: 'SKU-2', name: 'Product 2', unitPriceMinor: 200n },
          { productId: 1, quantity: 3, sku: 'SKU-1', name: 'Product 1', unitPriceMinor: 100n },
        ],
        currency: 'USD',
        totalMinor: 1300n,
        shortage: null,
      },
    });
    expect(left(shelves)).toEqual([7, 0]);
  });

  test('takes nothing when one line is short, and names the first that is', () => {
    const shelves = shelvesOf(shelf(1, 10), shelf(2, 4), shelf(3, 0));
    expect(place([line(1, 3), line(2, 5), line(3, 1)], shelves)).toMatchObject({
      placement: { totalMinor: 1600n, shortage: { productId: 2, requested: 5, available: 4 } },
    });
    expect(left(shelves)).toEqual([10, 4, 0]);
  });

  test('leaves to the next order of a batch what it has not taken', () => {
    const shelves = shelvesOf(shelf(1, 5));
    const shortages = [3, 3, 2].map((quantity) => {
      const answer = place([line(1, quantity)], shelves);
      return 'placement' in answer && answer.placement.shortage;
    });
    expect(shortages).toEqual([null, { productId: 1, requested: 3, available: 2 }, null]);
    expect(left(shelves)).toEqual([0]);
  });

  test.each([
    ['of an unknown product', [line(1, 1), line(9, 1)], ['lines', '1', 'productId'], 'There is no such product.'],
    [
      'of too many of one',
      [line(1, 1), line(4, 3)],
      ['lines', '1', 'quantity'],
      'An order has 2 at most of Product 4.',
    ],
    ['in two currencies', [line(1, 1), line(2, 1)], ['lines'], 'All products of an order have one currency.'],
    ['whose total does not fit', [line(1, 1), line(3, 1)], ['lines'], 'The total is too large.'],
  ])('refuses one %s, and takes nothing', (_what, lines, path, message) => {
    const shelves = shelvesOf(
      shelf(1, 5),
      shelf(2, 5, { currency: 'EUR' }),
      shelf(3, 5, { priceMinor: MAX_MINOR }),
      shelf(4, 5, { maxPerOrder: 2 }),
    );
    expect(place(lines, shelves)).toEqual({ problem: { path, message } });
    expect(left(shelves)).toEqual([5, 5, 5, 5]);
  });

  test('gives as many of a product as one order may have', () => {
    expect(place([line(1, 2)], shelvesOf(shelf(1, 5, { maxPerOrder: 2 })))).toHaveProperty('placement');
  });
});
