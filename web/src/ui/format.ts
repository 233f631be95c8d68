type Money = { amount: string; currencyCode: string };

/** Writes an amount of money for the reader's language, exactly as it stands. */
export function money({ amount, currencyCode }: Money): string {
  const format = { style: 'currency', currency: currencyCode, currencyDisplay: 'narrowSymbol' } as const;
  return new Intl.NumberFormat(undefined, format).format(amount as `${number}`);
}

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Writes the time of day of an instant, by RFC 3339 or in milliseconds since 1970, with seconds. */
export function clockTime(at: string | number): string {
  return time.format(new Date(at));
}

/** Writes the day and the time of an RFC 3339 instant. */
export function dayAndTime(at: string): string {
  return dateTime.format(new Date(at));
}

/** Writes a whole number of seconds as minutes and seconds: 1:05. */
export function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Writes a count with its noun: 1 piece, 2 pieces. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString()} ${noun}${n === 1 ? '' : 's'}`;
}
