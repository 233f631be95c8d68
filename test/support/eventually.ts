import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks every 20 ms until `look` returns something truthy, and returns it. Throws, with the last error or answer,
 * when that has not happened within `deadlineMs`.
 */
export async function eventually<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  deadlineMs = 60_000,
): Promise<NonNullable<Exclude<Value, false>>> {
  const end = performance.now() + deadlineMs;
  for (let last: unknown; ; await delay(20)) {
    try {
      last = await look();
      if (last) return last as NonNullable<Exclude<Value, false>>;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}. Last: ${String(last)}`);
  }
}
