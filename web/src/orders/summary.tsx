import { Link } from 'wouter';
import type { OrderPageFragment } from '../gql/graphql.ts';
import { money } from '../ui/format.ts';
import ui from '../ui/ui.module.css';
import styles from './order.module.css';
import { PAYMENT } from './words.ts';

/** Shows what was ordered, as it was at checkout, and how the payment stands. */
export function Summary({ order }: { order: OrderPageFragment }) {
  const { attempts } = order.payment;
  return (
    <section className={ui.card} aria-labelledby="summary-title">
      <h2 id="summary-title">Summary</h2>
      <ul className={styles.lines}>
        {order.lines.map((line) => (
          <li key={line.sku}>
            <span>
              <Link href={`/products/${encodeURIComponent(line.product.sku)}`}>{line.name}</Link>
              <small>{`${line.quantity.toLocaleString()} × ${money(line.unitPrice)}`}</small>
            </span>
            <span>{money(line.total)}</span>
          </li>
        ))}
      </ul>
      <dl className={styles.totals}>
        <dt>Total</dt>
        <dd data-testid="total">{money(order.total)}</dd>
        <dt>Payment</dt>
        <dd data-testid="payment">
          <span>{PAYMENT[order.payment.status]}</span>
          {attempts > 1 && <small>{` after ${attempts} tries`}</small>}
        </dd>
      </dl>
    </section>
  );
}
