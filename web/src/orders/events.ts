type Versioned = { readonly version: number };

/** Merges events of one order, oldest first and each version once. Returns `known` itself when nothing is new. */
export function mergeEvents<E extends Versioned>(known: readonly E[], more: readonly E[]): readonly E[] {
  const versions = new Set(known.map((event) => event.version));
  const fresh = more.filter((event) => !versions.has(event.version) && versions.add(event.version));
  return fresh.length === 0 ? known : [...known, ...fresh].sort((a, b) => a.version - b.version);
}
