import { Link, useLocation } from 'wouter';
import { operatorToken } from '../api/operator-token.ts';
import { useStore } from '../api/store.ts';
import styles from './header.module.css';
import { useServer } from './use-server.ts';

/** The store's name and the ways through it. */
export function Header() {
  const demo = useServer()?.demo ?? false;
  const token = useStore(operatorToken);
  const [path] = useLocation();
  const current = (active: boolean) => (active ? ('page' as const) : undefined);
  return (
    <header className={styles.header}>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <div className={styles.inner}>
        <Link href="/" className={styles.name}>
          <Mark />
          Evergood
        </Link>
        <nav aria-label="Main" className={styles.nav}>
          <Link href="/" aria-current={current(path === '/' || path.startsWith('/products/'))}>
            Shop
          </Link>
          {(demo || token !== null) && (
            <Link href="/operator/orders" aria-current={current(path.startsWith('/operator'))}>
              Orders
            </Link>
          )}
          {demo && <a href="/graphql">API</a>}
        </nav>
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M16 5.5 25 10.7v10.6L16 26.5 7 21.3V10.7z"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.4"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="16" r="3.6" fill="var(--on-accent)" />
    </svg>
  );
}
