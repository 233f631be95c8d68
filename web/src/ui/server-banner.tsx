import { health } from '../api/server.ts';
import { useStore } from '../api/store.ts';
import styles from './server-banner.module.css';

/** Says when the server is gone, and for a moment when it is back. */
export function ServerBanner() {
  const state = useStore(health.state);
  return (
    <div className={styles.place} role="status" aria-live="polite">
      {state === 'down' && (
        <p className={styles.banner} data-state="down">
          <span className={styles.dot} />
          <span>
            <strong>The store is not answering.</strong> Trying again by itself; nothing you did is lost.
          </span>
        </p>
      )}
      {state === 'back' && (
        <p className={styles.banner} data-state="back">
          <span className={styles.dot} />
          <span>
            <strong>The store is back.</strong> Everything goes on where it was.
          </span>
        </p>
      )}
    </div>
  );
}
