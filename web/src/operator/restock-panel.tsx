import { type FormEvent, useId, useState } from 'react';
import { useMutation, useQuery, useSubscription } from 'urql';
import { beginIntent, parkIntent, settleIntent } from '../api/intents.ts';
import { Stock } from '../catalog/stock.tsx';
import { CatalogDocument, InventoryChangedDocument, RestockDocument } from '../gql/graphql.ts';
import { count } from '../ui/format.ts';
import ui from '../ui/ui.module.css';
import styles from './operator.module.css';

const SCOPE = 'restock';

/** Shows the live stock, and fills it up. */
export function RestockPanel() {
  const id = useId();
  useSubscription({ query: InventoryChangedDocument });
  const [{ data }] = useQuery({ query: CatalogDocument, variables: {} });
  const [{ fetching }, restock] = useMutation(RestockDocument);
  const [productId, setProductId] = useState('');
  const [mode, setMode] = useState<'setTo' | 'add'>('setTo');
  const [amount, setAmount] = useState('100');
  const [outcome, setOutcome] = useState<{ good: boolean; text: string }>();
  const products = data?.products.edges.map((edge) => edge.node) ?? [];
  const valid = /^\d+$/.test(amount);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (fetching || !valid) return;
    setOutcome(undefined);
    const level = mode === 'setTo' ? { setTo: Number(amount) } : { add: Number(amount) };
    const asked = { productId: productId === '' ? null : productId, level };
    const { key } = beginIntent(SCOPE, asked);
    const result = await restock({ input: { idempotencyKey: key, ...asked } });
    const answer = result.data?.restock;
    if (!answer) {
      parkIntent(SCOPE);
      const text =
        result.error?.graphQLErrors[0]?.message ?? 'The store could not confirm this. It is safe to try again.';
      return setOutcome({ good: false, text });
    }
    settleIntent(SCOPE);
    if (answer.__typename === 'RestockSuccess') {
      setOutcome({ good: true, text: `Restocked ${count(answer.products.length, 'product')}.` });
    } else setOutcome({ good: false, text: answer.message });
  }

  return (
    <section className={`${ui.card} ${styles.panel}`} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Stock</h2>
      <ul className={styles.stock}>
        {!data && [1, 2, 3, 4].map((line) => <li key={line} className={`${ui.pulse} ${styles.outline}`} />)}
        {products.map((product) => (
          <li key={product.id}>
            <span>{product.name}</span>
            <Stock inventory={product.inventory} />
          </li>
        ))}
      </ul>
      <form className={styles.restock} onSubmit={submit} aria-label="Restock">
        <select
          className={ui.field}
          aria-label="Product"
          value={productId}
          onChange={(event) => setProductId(event.target.value)}
        >
          <option value="">All products</option>
          {products.map((product) => (
            <option key={product.id} value={product.id}>
              {product.name}
            </option>
          ))}
        </select>
        <select
          className={ui.field}
          aria-label="How"
          value={mode}
          onChange={(event) => setMode(event.target.value === 'add' ? 'add' : 'setTo')}
        >
          <option value="setTo">Set to</option>
          <option value="add">Add</option>
        </select>
        <input
          className={ui.field}
          aria-label="Pieces"
          inputMode="numeric"
          value={amount}
          aria-invalid={!valid}
          onChange={(event) => setAmount(event.target.value.trim())}
        />
        <button type="submit" className={`${ui.button} ${ui.primary}`} aria-disabled={fetching} disabled={!valid}>
          {fetching ? 'Confirming…' : 'Restock'}
        </button>
      </form>
      <div role="status">
        {outcome && (
          <p className={ui.notice} data-kind={outcome.good ? 'good' : 'error'}>
            {outcome.text}
          </p>
        )}
      </div>
    </section>
  );
}
