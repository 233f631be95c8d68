import type { Order, OrderEvent } from '../generated/prisma/client.ts';
import { currentDatabase, query } from '../infra/database.ts';
import { reader } from '../infra/fast/current.ts';
import { SharedReads } from '../infra/live/shared-reads.ts';

/** Events read at once: a reader far behind catches up in portions of this. */
export const PORTION = 100;

/** What stands in the history of an order after a version. */
type After = Readonly<{ orderId: string; cursor: number }>;
type Told = Readonly<{ status: Order['status']; events: OrderEvent[] }>;

/** The status of each order, and its events after a version, of which there may be none. One snapshot of both. */
const AFTER = `
  SELECT asked.at::int AS question, orders.status AS now, event.order_id AS "orderId", event.version, event.type,
    event.status, event.progress, event.steps, event.at
  FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS asked (id, cursor, at)
  JOIN orders ON orders.id = asked.id
  LEFT JOIN LATERAL (
    SELECT * FROM order_events WHERE order_id = asked.id AND version > asked.cursor ORDER BY version LIMIT ${PORTION}
  ) AS event ON true
  ORDER BY asked.at, event.version`;

const VERSIONS = 'SELECT id, version FROM orders WHERE id = ANY($1::uuid[])';

type Row = { question: number; now: Order['status'] } & ({ version: null } | OrderEvent);

/** Reads the version of an order; null where there is no such order. */
export const versions = new SharedReads<string, number | null>(String, async (ids) => {
  const rows = await query<{ id: string; version: number }>(reader(), VERSIONS, ids);
  const found = new Map(rows.map(({ id, version }) => [id, version]));
  return ids.map((id) => found.get(id) ?? null);
});

/** Reads the events of an order after a version, a portion at most, and its status as of then. */
export const history = new SharedReads<After, Told>(
  ({ orderId, cursor }) => `${orderId} ${cursor}`,
  async (asked) => {
    const [ids, cursors] = [asked.map(({ orderId }) => orderId), asked.map(({ cursor }) => cursor)];
    const rows = await query<Row>(reader(), AFTER, ids, cursors);
    const told = new Map<number, Told>();
    for (const { question, now, ...event } of rows) {
      const answer = told.get(question) ?? { status: now, events: [] };
      told.set(question, answer);
      if (event.version !== null) answer.events.push(event);
    }
    return ids.map((id, index) => told.get(index + 1) ?? new Error(`There is no order ${id}.`));
  },
);

/** Reads orders as they are now; unknown ones are left out. */
export const current = new SharedReads<readonly string[], Order[]>(
  (ids) => ids.join(),
  async (asked) => {
    const ids = [...new Set(asked.flat())];
    const orders = await currentDatabase().order.findMany({
      where: { id: { in: ids } },
      orderBy: { updatedAt: 'asc' },
    });
    return asked.map((some) => {
      const wanted = new Set(some);
      return orders.filter(({ id }) => wanted.has(id));
    });
  },
);
