import type { EventEntryFragment } from '../gql/graphql.ts';
import { clockTime, dayAndTime } from '../ui/format.ts';
import styles from './order.module.css';
import { eventWords } from './words.ts';

/** Lists what happened to an order, newest first. */
export function History({ events }: { events: readonly EventEntryFragment[] }) {
  return (
    <section className={styles.history} aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      <ol reversed data-testid="history">
        {events.toReversed().map((event) => (
          <li key={event.version} data-version={event.version} data-type={event.type}>
            <span>{eventWords(event)}</span>
            <time dateTime={event.at} title={dayAndTime(event.at)}>
              {clockTime(event.at)}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}
