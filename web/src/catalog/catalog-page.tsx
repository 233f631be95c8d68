import { useState } from 'react';
import { useQuery, useSubscription } from 'urql';
import { Link } from 'wouter';
import { CatalogDocument, InventoryChangedDocument, type ProductCardFragment } from '../gql/graphql.ts';
import { money } from '../ui/format.ts';
import { Page } from '../ui/page.tsx';
import { Empty, Loading, Problem } from '../ui/states.tsx';
import ui from '../ui/ui.module.css';
import styles from './catalog.module.css';
import { ProductArt } from './product-art.tsx';
import { Stock } from './stock.tsx';

/** Shows every product with its live stock. */
export function CatalogPage() {
  useSubscription({ query: InventoryChangedDocument });
  return (
    <Page title="Shop" heading="Made well, kept in stock">
      <p className={styles.lead}>
        Every order placed here is carried through to the end, whatever happens to the machines on the way.
      </p>
      <Products />
    </Page>
  );
}

/** Shows one page of the catalogue and, on request, the pages after it. */
function Products({ after }: { after?: string }) {
  const [{ data, error, fetching }, reload] = useQuery({ query: CatalogDocument, variables: { after } });
  const [more, setMore] = useState(false);
  if (error && !data) return <Problem error={error} retry={() => reload({ requestPolicy: 'network-only' })} />;
  if (!data) return <Loading what="products">{after === undefined && <Outline />}</Loading>;
  const { edges, pageInfo } = data.products;
  if (edges.length === 0 && after === undefined && !fetching) {
    return (
      <Empty title="Nothing is for sale yet">
        <p>Come back in a while.</p>
      </Empty>
    );
  }
  return (
    <>
      <ul className={styles.grid}>
        {edges.map(({ node }) => (
          <li key={node.id}>
            <ProductTile product={node} />
          </li>
        ))}
      </ul>
      {pageInfo.hasNextPage && !more && (
        <p className={styles.more}>
          <button type="button" className={ui.button} onClick={() => setMore(true)}>
            Show more
          </button>
        </p>
      )}
      {more && pageInfo.endCursor != null && <Products after={pageInfo.endCursor} />}
    </>
  );
}

function ProductTile({ product }: { product: ProductCardFragment }) {
  return (
    <article className={styles.tile}>
      <ProductArt sku={product.sku} />
      <div className={styles.caption}>
        <h2>
          <Link href={`/products/${encodeURIComponent(product.sku)}`} className={styles.cover}>
            {product.name}
          </Link>
        </h2>
        <p className={styles.row}>
          <strong>{money(product.price)}</strong>
          <Stock inventory={product.inventory} />
        </p>
      </div>
    </article>
  );
}

function Outline() {
  return (
    <div className={styles.grid} aria-hidden="true">
      {[1, 2, 3, 4].map((n) => (
        <span key={n} className={ui.pulse} style={{ aspectRatio: '320 / 342' }} />
      ))}
    </div>
  );
}
