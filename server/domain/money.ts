/** The largest amount, in minor units: the largest that a client can hold exactly in a double. */
export const MAX_MINOR = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Writes an amount of minor units (cents) as an exact decimal: `9999n, 'USD'` is `'99.99'`.
 * The number of decimals is the currency's own, by ISO 4217 as the runtime knows it.
 */
export function toDecimal(minor: bigint, currency: string): string {
  const decimals = decimalsOf(currency);
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
  const sign = minor < 0n ? '-' : '';
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

const known = new Map<string, number>();

function decimalsOf(currency: string): number {
  let decimals = known.get(currency);
  if (decimals === undefined) {
    const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    decimals = maximumFractionDigits ?? 2;
    known.set(currency, decimals);
  }
  return decimals;
}

/** Adds up price × quantity, in minor units. Undefined when the total does not fit MAX_MINOR. */
export function totalOf(lines: readonly { unitPriceMinor: bigint; quantity: number }[]): bigint | undefined {
  const total = lines.reduce((sum, line) => sum + line.unitPriceMinor * BigInt(line.quantity), 0n);
  return total <= MAX_MINOR ? total : undefined;
}
