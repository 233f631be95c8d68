type Money = { amount: string; currencyCode: string };

/** Multiplies an exact decimal amount by a whole number, without rounding. */
export function times({ amount, currencyCode }: Money, n: number): Money {
  const [whole = '0', fraction = ''] = amount.split('.');
  const minor = (BigInt(whole + fraction) * BigInt(n)).toString().padStart(fraction.length + 1, '0');
  const point = minor.length - fraction.length;
  return { amount: fraction === '' ? minor : `${minor.slice(0, point)}.${minor.slice(point)}`, currencyCode };
}
