/** One event as a stream told it. */
export type Told = Readonly<{ version: number; type: string }>;

/**
 * Compares what a reader of an order was told, over all its streams, with the order's history: every event once, in
 * order, to the last. Tells in words where it is not so.
 */
export function findOrderStreamProblems(told: readonly Told[], history: readonly Told[]): string[] {
  const problems: string[] = [];
  let last = 0;
  for (const { version, type } of told) {
    if (version <= last) problems.push(`version ${version} was told after ${last}`);
    for (let missing = last + 1; missing < version; missing++) problems.push(`version ${missing} was not told`);
    const actual = history[version - 1]?.type ?? 'nothing';
    if (actual !== type) problems.push(`version ${version} was told as ${type} and is ${actual}`);
    last = Math.max(last, version);
  }
  for (let missing = last + 1; missing <= history.length; missing++)
    problems.push(`version ${missing}, at the end, was not told`);
  return problems;
}

/** What one connection told of the newest states of things. */
export type States = readonly Readonly<{ id: string; version: number }>[];

/**
 * Checks what a reader was told of the newest states, connection by connection: versions of each thing only grow, and
 * with `now` the last one told is the newest. Tells in words where it is not so.
 */
export function findStateProblems(connections: readonly States[], now?: ReadonlyMap<string, number>): string[] {
  const problems: string[] = [];
  const last = new Map<string, number>();
  for (const states of connections) {
    const here = new Set<string>();
    for (const { id, version } of states) {
      const before = last.get(id) ?? 0;
      // A new connection begins with the state that the last one may have told.
      if (version < before || (version === before && here.has(id)))
        problems.push(`version ${version} of ${id} was told after ${before}`);
      here.add(id);
      last.set(id, Math.max(before, version));
    }
  }
  for (const [id, version] of now ?? [])
    if (last.get(id) !== version)
      problems.push(`version ${version} of ${id} is the newest, and ${last.get(id)} was told last`);
  return problems;
}
