import type { OrderPageFragment } from '../gql/graphql.ts';
import styles from './order.module.css';

const STAGES = ['Placed', 'Paid', 'Dispatched'] as const;

/** Shows how far an order has come, and the dispatch as it goes on. */
export function Stages({ order }: { order: OrderPageFragment }) {
  if (order.status === 'CANCELLED') return null;
  const { done, total } = order.progress;
  const reached = { PENDING: 1, PAID: 2, DISPATCHED: 3 }[order.status];
  return (
    <div className={styles.stages}>
      <ol>
        {STAGES.map((stage, index) => (
          <li key={stage} data-reached={index < reached} aria-current={index === reached - 1 ? 'step' : undefined}>
            {stage}
          </li>
        ))}
      </ol>
      {order.status !== 'PENDING' && (
        <div className={styles.progress}>
          <label htmlFor="dispatch-progress">Dispatch</label>
          <span>{`${done} of ${total}`}</span>
          <progress id="dispatch-progress" value={done} max={total} />
        </div>
      )}
    </div>
  );
}
