/** For files that are read, the log, and connections that are being let in or thrown out: so many, or a third where that is less. */
const SPARE = 100;

/**
 * Tells how many connections of clients a process can have beside `own` others, by the file descriptors that the system
 * gives it: whoever has none left can neither read a file nor reach the database. Infinity where the system sets no limit.
 * Call it before there are connections: Node.js looks up the names of both ends of each for its report.
 */
export function connectionsByDescriptors(own: number): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? Math.max(1, soft - own - Math.min(SPARE, Math.ceil(soft / 3))) : Infinity;
}
