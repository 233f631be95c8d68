import type { OrderRowFragment, OrderStatus } from '../gql/graphql.ts';

export type OrderList = {
  /** Newest first. */
  readonly rows: readonly OrderRowFragment[];
  /** Where the next page begins; null when every order is loaded. */
  readonly nextCursor: string | null;
};

/** Adds what was read or told to a list. An older version of an order never replaces a newer one. */
export function mergeRows(rows: readonly OrderRowFragment[], more: readonly OrderRowFragment[]): OrderRowFragment[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const row of more) {
    const known = byId.get(row.id);
    if (!known || known.version <= row.version) byId.set(row.id, row);
  }
  return [...byId.values()].sort((a, b) => b.number - a.number);
}

/**
 * Brings one changed order into a list: newer orders appear on top, ones that no longer match the filter leave, and
 * ones below what is loaded are left for their page.
 */
export function applyChange(list: OrderList, changed: OrderRowFragment, status: OrderStatus | null): OrderList {
  const known = list.rows.find((row) => row.id === changed.id);
  if (known && known.version > changed.version) return list;
  if (status !== null && changed.status !== status) {
    return known ? { ...list, rows: list.rows.filter((row) => row !== known) } : list;
  }
  const last = list.rows.at(-1);
  if (!known && list.nextCursor !== null && last && changed.number < last.number) return list;
  return { ...list, rows: mergeRows(list.rows, [changed]) };
}
