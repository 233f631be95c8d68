const LONGEST_MS = 5_000;

/** How many ms to wait before the next start, after so many failures in a row: none, then 100, doubled up to `longestMs`. */
export const backOff = (failures: number, longestMs = LONGEST_MS): number =>
  failures < 2 ? 0 : Math.min(longestMs, 100 * 2 ** (failures - 2));
