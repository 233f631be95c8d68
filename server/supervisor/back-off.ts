/** How many ms to wait before the next start, after so many failures in a row: none, then 100, doubled up to 5000. */
export const backOff = (failures: number): number => (failures < 2 ? 0 : Math.min(5000, 100 * 2 ** (failures - 2)));
