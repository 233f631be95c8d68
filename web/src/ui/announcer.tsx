import { createStore, useStore } from '../api/store.ts';
import ui from './ui.module.css';

const announcement = createStore('');

/** Has a screen reader say a text when it is next silent. */
export function announce(text: string): void {
  announcement.set(text);
}

/** Holds the announcements; rendered once for the whole store. */
export function Announcer() {
  const text = useStore(announcement);
  return (
    <div className={ui.hidden} role="status" aria-live="polite" data-testid="announcer">
      {text}
    </div>
  );
}
