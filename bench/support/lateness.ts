import type pg from 'pg';
import type { Kind } from './shop.ts';

/** How far dispatches are behind their pace, of one step a second from the payment on. */
export type Lateness = Readonly<{
  /** Orders that are PAID or DISPATCHED. */
  paid: number;
  /** Steps that fell due in the time looked at, and those of them that are not done. */
  due: number;
  undone: number;
  /** How late they were done; those undone count as late as they are by now. */
  p50: number;
  p99: number;
  max: number;
}>;

/** What counts as keeping the pace: 99 of 100 steps within this. */
export const IN_PACE_MS = 500;

// $1: how far to look back, in ms. $2: not the last moments, so that a step which is due right now is not called late.
const QUERY = {
  store: `
    WITH step AS (
      SELECT o.id, n, o.paid_at + n * interval '1 second' AS due
      FROM orders o CROSS JOIN LATERAL generate_series(1, o.dispatch_steps) n
      WHERE o.paid_at > now() - $1 * interval '1 ms' - o.dispatch_steps * interval '1 second'
    ), late AS (
      SELECT e.at IS NULL AS undone, extract(epoch FROM coalesce(e.at, now()) - due) * 1000 AS ms
      FROM step LEFT JOIN order_events e
        ON e.order_id = step.id AND e.progress = step.n AND e.type IN ('PROGRESSED', 'DISPATCHED')
      WHERE due BETWEEN now() - $1 * interval '1 ms' AND now() - $2 * interval '1 ms'
    )`,
  // Its history is not kept: the last step of the finished, and how far the others are behind by now.
  textbook: `
    WITH step AS (
      SELECT status, updated_at, progress_remaining,
        CASE WHEN status = 'DISPATCHED' THEN paid_at + interval '10 seconds'
          ELSE paid_at + (11 - progress_remaining) * interval '1 second' END AS due
      FROM orders WHERE paid_at IS NOT NULL
    ), late AS (
      SELECT status <> 'DISPATCHED' AS undone,
        extract(epoch FROM CASE WHEN status = 'DISPATCHED' THEN updated_at ELSE now() END - due) * 1000 AS ms
      FROM step WHERE due BETWEEN now() - $1 * interval '1 ms' AND now() - $2 * interval '1 ms'
    )`,
} satisfies Record<Kind, string>;

const SUMMARY = `
  SELECT (SELECT count(*)::int FROM orders WHERE status IN ('PAID', 'DISPATCHED')) AS paid, count(*)::int AS due,
    (count(*) FILTER (WHERE undone))::int AS undone,
    coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY ms), 0)::float8 AS p50,
    coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY ms), 0)::float8 AS p99, coalesce(max(ms), 0)::float8 AS max
  FROM late`;

const JUST_NOW_MS = 100;

/** Looks at the steps of dispatches that fell due since so many ms ago. */
export async function latenessSince(client: pg.Client, kind: Kind, ms: number): Promise<Lateness> {
  const { rows } = await client.query<Lateness>(`${QUERY[kind]} ${SUMMARY}`, [ms, JUST_NOW_MS]);
  return rows[0]!;
}
