import { useQuery, useSubscription } from 'urql';
import { Link } from 'wouter';
import { InventoryChangedDocument, ProductDocument } from '../gql/graphql.ts';
import { money } from '../ui/format.ts';
import { Page } from '../ui/page.tsx';
import { Loading, NotFound, Problem } from '../ui/states.tsx';
import ui from '../ui/ui.module.css';
import { BuyForm } from './buy-form.tsx';
import styles from './product.module.css';
import { ProductArt } from './product-art.tsx';
import { Stock } from './stock.tsx';

/** Shows one product with its live stock, and sells it. */
export function ProductPage({ sku }: { sku: string }) {
  const [{ data, error }, reload] = useQuery({ query: ProductDocument, variables: { sku } });
  const product = data?.product;
  const productIds = product ? [product.id] : [];
  useSubscription({ query: InventoryChangedDocument, variables: { productIds }, pause: !product });

  if (error && !data) return <Problem error={error} retry={() => reload({ requestPolicy: 'network-only' })} />;
  if (!data) {
    return (
      <Loading what="the product">
        <span className={ui.pulse} style={{ height: '360px' }} />
      </Loading>
    );
  }
  if (!product) return <NotFound what="product" />;
  return (
    <>
      <p className={styles.back}>
        <Link href="/">All products</Link>
      </p>
      <div className={styles.product}>
        <div className={styles.picture}>
          <ProductArt sku={product.sku} />
        </div>
        <div className={styles.facts}>
          <Page title={product.name}>
            <p className={styles.price}>
              <strong>{money(product.price)}</strong>
              <Stock inventory={product.inventory} />
            </p>
            <p className={styles.description}>{product.description}</p>
            <BuyForm product={product} />
            <p className={styles.promise}>
              The pieces are held for you while you pay. If anything fails on our side, your order simply goes on.
            </p>
          </Page>
        </div>
      </div>
    </>
  );
}
