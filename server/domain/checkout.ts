import { totalOf } from './money.ts';

export const MAX_LINES = 50;
export const MAX_QUANTITY = 1000;

/** Units of one product that an order asks for. */
export type Line = Readonly<{ productId: number; quantity: number }>;

/** Why an input is refused; `path` leads to the place, as in `['lines', '0', 'quantity']`. */
export type Problem = Readonly<{ path: readonly string[]; message: string }>;

/**
 * Checks the lines of an order and adds up those of the same product, in order of first mention. `mostUnits`: of one product.
 */
export function mergeLines(lines: readonly Line[], mostUnits = MAX_QUANTITY): { lines: Line[] } | { problem: Problem } {
  if (lines.length < 1 || lines.length > MAX_LINES)
    return { problem: { path: ['lines'], message: `An order has 1 to ${MAX_LINES} lines.` } };
  const sums = new Map<number, number>();
  for (const [index, { productId, quantity }] of lines.entries()) {
    const sum = (sums.get(productId) ?? 0) + quantity;
    if (!Number.isInteger(quantity) || quantity < 1 || sum > mostUnits) {
      const message = `A quantity is 1 to ${mostUnits} of a product.`;
      return { problem: { path: ['lines', String(index), 'quantity'], message } };
    }
    sums.set(productId, sum);
  }
  return { lines: [...sums].map(([productId, quantity]) => ({ productId, quantity })) };
}

/** Finds the place of a problem with merged lines among the lines as they were given: where its product is first mentioned. */
export function asGiven({ path, message }: Problem, merged: readonly Line[], given: readonly Line[]): Problem {
  const [field, index, ...rest] = path;
  if (field === undefined || index === undefined) return { path, message };
  const first = given.findIndex(({ productId }) => productId === merged[Number(index)]?.productId);
  return { path: [field, String(first), ...rest], message };
}

/** A product as it stands when orders are placed: locked, so that nobody else moves its stock. */
export type Shelf = {
  id: number;
  sku: string;
  name: string;
  priceMinor: bigint;
  currency: string;
  inventory: number;
  /** Units that one order may have; null: no fewer than of any other product. */
  maxPerOrder: number | null;
};

export type PricedLine = Line & Readonly<{ sku: string; name: string; unitPriceMinor: bigint }>;

export type Shortage = Readonly<{ productId: number; requested: number; available: number }>;

/** `shortage`: the first line that cannot be had; then nothing of the order is reserved. */
export type Placement = Readonly<{
  lines: readonly PricedLine[];
  currency: string;
  totalMinor: bigint;
  shortage: Shortage | null;
}>;

/**
 * Prices an order and takes its units off the shelves, all or none. The shelves are changed in place, so that
 * the next order of a batch sees what is left. A problem when a product is unknown or too many of it are asked for, the
 * currencies differ or the total does not fit; then the shelves are as they were.
 */
export function place(
  lines: readonly Line[],
  shelves: ReadonlyMap<number, Shelf>,
): { placement: Placement } | { problem: Problem } {
  const priced: PricedLine[] = [];
  for (const [index, line] of lines.entries()) {
    const shelf = shelves.get(line.productId);
    if (!shelf)
      return { problem: { path: ['lines', String(index), 'productId'], message: 'There is no such product.' } };
    const { maxPerOrder } = shelf;
    if (maxPerOrder !== null && line.quantity > maxPerOrder) {
      const message = `An order has ${maxPerOrder} at most of ${shelf.name}.`;
      return { problem: { path: ['lines', String(index), 'quantity'], message } };
    }
    priced.push({ ...line, sku: shelf.sku, name: shelf.name, unitPriceMinor: shelf.priceMinor });
  }
  const currencies = new Set(lines.map((line) => shelves.get(line.productId)?.currency));
  const [currency] = currencies;
  if (currency === undefined || currencies.size > 1)
    return { problem: { path: ['lines'], message: 'All products of an order have one currency.' } };
  const totalMinor = totalOf(priced);
  if (totalMinor === undefined) return { problem: { path: ['lines'], message: 'The total is too large.' } };

  const short = lines.find((line) => (shelves.get(line.productId)?.inventory ?? 0) < line.quantity);
  if (short) {
    const available = shelves.get(short.productId)?.inventory ?? 0;
    const shortage = { productId: short.productId, requested: short.quantity, available };
    return { placement: { lines: priced, currency, totalMinor, shortage } };
  }
  for (const line of lines) {
    const shelf = shelves.get(line.productId);
    if (shelf) shelf.inventory -= line.quantity;
  }
  return { placement: { lines: priced, currency, totalMinor, shortage: null } };
}
