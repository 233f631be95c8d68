import { useEffect } from 'react';
import { Link } from 'wouter';
import { operatorToken } from '../api/operator-token.ts';
import { useStore } from '../api/store.ts';
import { announce } from '../ui/announcer.tsx';
import { dayAndTime } from '../ui/format.ts';
import { Heading, Page } from '../ui/page.tsx';
import { Loading, NotFound, Problem } from '../ui/states.tsx';
import ui from '../ui/ui.module.css';
import { useServer } from '../ui/use-server.ts';
import { History } from './history.tsx';
import styles from './order.module.css';
import { PaymentPanel } from './payment-panel.tsx';
import { Stages } from './stages.tsx';
import { Summary } from './summary.tsx';
import { useOrder } from './use-order.ts';
import { STATUS, story } from './words.ts';

/** Shows one order from its placing to its end: the payment first, then the dispatch, live, and the whole history. */
export function OrderPage({ id }: { id: string }) {
  const { order, error, reload } = useOrder(id);
  const demo = useServer()?.demo ?? false;
  const token = useStore(operatorToken);
  const number = order?.number;
  const status = order?.status;
  useEffect(() => {
    if (number !== undefined && status) announce(`Order ${number}: ${STATUS[status]}.`);
  }, [number, status]);

  if (error && !order) return <Problem error={error} retry={reload} />;
  if (order === undefined) {
    return (
      <Loading what="the order">
        <span className={ui.pulse} style={{ height: '420px' }} />
      </Loading>
    );
  }
  if (order === null) return <NotFound what="order" />;
  return (
    <Page title={`Order ${order.number}`} heading={null}>
      <div className={styles.layout}>
        <section className={styles.story} aria-labelledby="order-title">
          <p className={styles.status} data-status={order.status} data-testid="status">
            {STATUS[order.status]}
          </p>
          <Heading id="order-title">{`Order ${order.number}`}</Heading>
          <p className={styles.lead}>{story(order)}</p>
          <Stages order={order} />
          {order.status === 'PENDING' && <PaymentPanel order={order} demo={demo} />}
          <History events={order.events} />
        </section>
        <aside className={styles.aside}>
          <Summary order={order} />
          <p className={styles.fine}>
            Placed <time dateTime={order.createdAt}>{dayAndTime(order.createdAt)}</time>. Keep this page's address: it
            is how you find your order again.
          </p>
          {(demo || token !== null) && (
            <p className={styles.fine}>
              <Link href={`/orders/${encodeURIComponent(id)}/workflow`}>What the durable engine recorded</Link>
            </p>
          )}
        </aside>
      </div>
    </Page>
  );
}
