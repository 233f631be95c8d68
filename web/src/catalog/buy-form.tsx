import { type FormEvent, useState } from 'react';
import type { ProductCardFragment } from '../gql/graphql.ts';
import { count, money } from '../ui/format.ts';
import ui from '../ui/ui.module.css';
import { times } from './price.ts';
import styles from './product.module.css';
import { type Refusal, useCheckout } from './use-checkout.ts';

/** Asks how many, and buys them. */
export function BuyForm({ product }: { product: ProductCardFragment }) {
  const { buy, confirming, refusal, askedFor } = useCheckout(product.id);
  const [text, setText] = useState(String(askedFor ?? 1));
  const quantity = Number(text);
  const most = Math.min(product.maxPerOrder, product.inventory);
  const valid = Number.isInteger(quantity) && quantity >= 1 && quantity <= most;
  const soldOut = product.inventory === 0 && !confirming;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (valid && !confirming) void buy(quantity);
  }

  function step(by: number) {
    setText(String(Math.min(Math.max(1, most), Math.max(1, (valid ? quantity : 1) + by))));
  }

  return (
    <form className={styles.form} onSubmit={submit} aria-busy={confirming} noValidate>
      <div className={styles.choice}>
        <label htmlFor="quantity">Quantity</label>
        <div className={styles.stepper}>
          <button type="button" onClick={() => step(-1)} disabled={confirming || soldOut} aria-label="One less">
            −
          </button>
          <input
            id="quantity"
            name="quantity"
            inputMode="numeric"
            autoComplete="off"
            value={text}
            disabled={soldOut}
            readOnly={confirming}
            aria-invalid={!valid && !soldOut && !confirming}
            aria-describedby="quantity-help"
            onChange={(event) => setText(event.target.value.trim())}
          />
          <button type="button" onClick={() => step(1)} disabled={confirming || soldOut} aria-label="One more">
            +
          </button>
        </div>
      </div>
      <p id="quantity-help" className={styles.help} role="status">
        {valid || confirming ? '' : help(quantity, product)}
      </p>
      <button
        type="submit"
        className={`${ui.button} ${ui.primary} ${styles.buy}`}
        aria-disabled={confirming}
        disabled={!confirming && !valid}
      >
        {label({ confirming, soldOut, total: valid ? money(times(product.price, quantity)) : undefined })}
      </button>
      <div role="alert">
        {refusal && (
          <p className={ui.notice} data-kind="error">
            {explained(refusal)}
          </p>
        )}
      </div>
    </form>
  );
}

function label(of: { confirming: boolean; soldOut: boolean; total: string | undefined }): string {
  if (of.confirming) return 'Confirming…';
  if (of.soldOut) return 'Sold out';
  return of.total === undefined ? 'Buy' : `Buy · ${of.total}`;
}

function explained({ message, available }: Refusal): string {
  return available === undefined ? message : `${message} Available now: ${count(available, 'piece')}.`;
}

function help(quantity: number, { inventory, maxPerOrder }: ProductCardFragment): string {
  if (inventory === 0) return 'This page shows by itself when there is stock again.';
  if (quantity > inventory && quantity <= maxPerOrder)
    return `That is more than the ${count(inventory, 'piece')} in stock now.`;
  return `Choose a whole number from 1 to ${Math.min(maxPerOrder, inventory).toLocaleString()}.`;
}
