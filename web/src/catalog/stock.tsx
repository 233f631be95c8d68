import styles from './catalog.module.css';

const FEW = 5;

/** Says how many pieces can be bought now, in words that a shopper uses. */
export function Stock({ inventory }: { inventory: number }) {
  const level = inventory === 0 ? 'none' : inventory <= FEW ? 'few' : 'plenty';
  const words = { none: 'Sold out', few: `Only ${inventory} left`, plenty: `${inventory.toLocaleString()} in stock` };
  return (
    <span className={styles.stock} data-level={level} data-testid="stock">
      {words[level]}
    </span>
  );
}
