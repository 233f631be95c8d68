import { live } from '../infra/live/live.ts';

let second = Number.NaN;
let written = '';

/**
 * Writes the header `Date`, by the database's clock: moments in answers are told by that one, and a page that shows how much
 * time is left reckons from here.
 */
export function dateHeader(): string {
  const now = Math.floor(live.databaseNow() / 1_000);
  if (now !== second) {
    second = now;
    written = new Date(now * 1_000).toUTCString();
  }
  return written;
}
