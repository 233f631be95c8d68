import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { OrderRowFragment } from '../gql/graphql.ts';
import { STATUS } from '../orders/words.ts';
import { count, dayAndTime, money } from '../ui/format.ts';
import ui from '../ui/ui.module.css';
import styles from './operator.module.css';

/** Lists orders, newest first. While the reader is further down, new ones wait above, so that nothing moves. */
export function OrderTable({ rows }: { rows: readonly OrderRowFragment[] }) {
  const top = useRef<HTMLDivElement>(null);
  const newest = rows[0]?.number ?? 0;
  const [heldAbove, setHeldAbove] = useState<number>();
  const latest = useRef(newest);
  latest.current = newest;

  useEffect(() => {
    if (!top.current) return;
    const observer = new IntersectionObserver(([entry]) => {
      const readingBelow = entry !== undefined && !entry.isIntersecting && entry.boundingClientRect.top < 0;
      setHeldAbove((held) => (readingBelow ? (held ?? latest.current) : undefined));
    });
    observer.observe(top.current);
    return () => observer.disconnect();
  }, []);

  const shown = heldAbove === undefined ? rows : rows.filter((row) => row.number <= heldAbove);
  const waiting = rows.length - shown.length;
  return (
    <>
      <div ref={top} />
      <div className={styles.waiting} role="status">
        {waiting > 0 && (
          <button
            type="button"
            className={`${ui.button} ${ui.primary}`}
            onClick={() => top.current?.scrollIntoView({ block: 'center' })}
          >
            {count(waiting, 'new order')}
          </button>
        )}
      </div>
      <table className={styles.orders}>
        <caption className={ui.hidden}>Orders, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col">Status</th>
            <th scope="col">Items</th>
            <th scope="col">Total</th>
            <th scope="col">Placed</th>
          </tr>
        </thead>
        <tbody data-testid="orders">
          {shown.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Row({ row }: { row: OrderRowFragment }) {
  const { done, total } = row.progress;
  return (
    <tr data-number={row.number} data-status={row.status}>
      <th scope="row">
        <Link href={`/orders/${encodeURIComponent(row.id)}`}>
          <span className={ui.hidden}>Order </span>
          <span>{row.number}</span>
        </Link>
      </th>
      <td>
        <span className={styles.dot} data-status={row.status}>
          {STATUS[row.status]}
        </span>
        {row.status === 'PAID' && <small>{` ${done}/${total}`}</small>}
      </td>
      <td>{row.lines.map((line) => `${line.quantity.toLocaleString()} × ${line.name}`).join(', ')}</td>
      <td>{money(row.total)}</td>
      <td>
        <time dateTime={row.createdAt}>{dayAndTime(row.createdAt)}</time>
      </td>
    </tr>
  );
}
