import { serverClock } from '../api/clock.ts';
import type { OrderPageFragment } from '../gql/graphql.ts';
import { minutes, money } from '../ui/format.ts';
import ui from '../ui/ui.module.css';
import { useSecondsUntil } from '../ui/use-seconds-until.ts';
import styles from './order.module.css';
import { type PaymentAct, usePayment } from './use-payment.ts';

/** Takes the payment of an order while its pieces are held. Only a demo store has the sandbox's buttons. */
export function PaymentPanel({ order, demo }: { order: OrderPageFragment; demo: boolean }) {
  const seconds = useSecondsUntil(Date.parse(order.payBy), serverClock.now);
  const { act, acting, message } = usePayment(order.id, order.payment.id);

  function button(what: PaymentAct, label: string, style?: string) {
    return (
      <button
        type="button"
        className={`${ui.button} ${style ?? ''}`}
        aria-disabled={acting !== undefined}
        onClick={() => void act(what)}
      >
        {acting === what ? 'Confirming…' : label}
      </button>
    );
  }

  return (
    <section
      className={`${ui.card} ${styles.payment}`}
      aria-labelledby="payment-title"
      aria-busy={acting !== undefined}
    >
      <h2 id="payment-title">Payment</h2>
      {/* By keys, the one is replaced by the other as a whole: its texts may be a translating browser's, and not React's. */}
      {seconds > 0 ? (
        <p key="left">
          Your pieces are held for{' '}
          <strong role="timer" data-testid="time-left">
            {minutes(seconds)}
          </strong>{' '}
          more.
        </p>
      ) : (
        <p key="over">The time to pay is over. The store is closing this order.</p>
      )}
      {demo ? (
        <>
          <div className={styles.actions}>
            {button('PAID', `Pay ${money(order.total)}`, ui.primary)}
            {button('DECLINED', 'Decline')}
            {button('FAILED', 'Fail', ui.danger)}
          </div>
          <p className={styles.fine}>
            This is a sandbox: no money moves. A declined payment can be tried again; a failed one cancels the order.
          </p>
        </>
      ) : (
        <p>This page goes on by itself as soon as your payment provider reports the payment.</p>
      )}
      <div role="alert">
        {message && (
          <p className={ui.notice} data-kind={message.kind}>
            {message.text}
          </p>
        )}
      </div>
      <div>{button('CANCEL', 'Cancel order')}</div>
    </section>
  );
}
