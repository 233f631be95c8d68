import { health } from '../api/server.ts';
import { useStore } from '../api/store.ts';
import { waiting } from '../api/waiting.ts';
import styles from './server-banner.module.css';
import ui from './ui.module.css';
import { useSecondsUntil } from './use-seconds-until.ts';

const WORDS = {
  down: { title: 'The store is not answering.', text: 'Trying again by itself; nothing you did is lost.' },
  back: { title: 'The store is back.', text: 'Everything goes on where it was.' },
  LIMITED: { title: 'Many requests come from your network.', text: undefined },
  HELD: { title: 'You have as many unpaid orders as one may: pay or cancel one.', text: undefined },
  BUSY: { title: 'The store is very busy.', text: 'What you did is kept, and goes on by itself.' },
  up: undefined,
};

/** Says why nothing happens: the server or its database is gone, or has asked the page to wait; for a moment, that it is back. */
export function ServerBanner() {
  const state = useStore(health.state);
  const wait = useStore(waiting);
  const told = state === 'down' || wait?.reason === 'AWAY' ? 'down' : (wait?.reason ?? state);
  const words = WORDS[told];
  const limited = told === 'LIMITED' || told === 'HELD' ? wait : undefined;
  return (
    <div className={styles.place}>
      <div className={words && styles.banner} data-state={told}>
        {words && <span className={styles.dot} />}
        <div>
          <span role="status" aria-live="polite">
            {words && (
              <span key={told}>
                <strong>{words.title}</strong>{' '}
                <span className={limited && ui.hidden}>{words.text ?? goingOn(limited?.toldSeconds ?? 0)}</span>
              </span>
            )}
          </span>
          {limited && <Countdown until={limited.until} />}
        </div>
      </div>
    </div>
  );
}

// Beside the live region: a screen reader is told once, and not every second.
function Countdown({ until }: { until: number }) {
  return (
    <span className={styles.count} aria-hidden="true">
      {goingOn(useSecondsUntil(until))}
    </span>
  );
}

function goingOn(seconds: number): string {
  return seconds > 0 ? `Going on in ${seconds} s.` : 'Going on now.';
}
