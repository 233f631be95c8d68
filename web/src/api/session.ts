// A browser can refuse its storage; what is kept then lasts until the page is left.
const fallback = new Map<string, string>();

/** Reads what this tab keeps under a name, or null. */
export function recall(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return fallback.get(name) ?? null;
  }
}

/** Keeps a text for this tab, over reloads; null forgets it. */
export function remember(name: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    if (value === null) fallback.delete(name);
    else fallback.set(name, value);
  }
}
