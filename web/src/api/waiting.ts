import { backoff, delay, withJitter } from './backoff.ts';
import type { Refusal } from './refusal.ts';
import { health } from './server.ts';
import { createStore } from './store.ts';

/** What the page waits for although the store answers. */
export type Waiting = Readonly<{
  reason: 'AWAY' | 'LIMITED' | 'HELD' | 'BUSY';
  /** When it goes on, in milliseconds since 1970 by this device. */
  until: number;
  /** How long that was when the reader was first told, in whole seconds. */
  toldSeconds: number;
}>;

/** What there is to tell the reader: of what is worst, the longest wait. */
export const waiting = createStore<Waiting | undefined>(undefined);

const WORST_FIRST = ['AWAY', 'HELD', 'LIMITED', 'BUSY'] as const;

/** A limit that does not say for how long. */
const LIMITED_MS = 5_000;

type Wait = Pick<Waiting, 'reason' | 'until'>;
const waits = new Map<Patience, Wait>();

/** Waits between the tries of one request, and has the reader told until it is answered. */
export class Patience {
  /** Resolves when it is time to try again, or the signal is aborted. `attempt` counts from 0. */
  async wait({ reason, afterMs }: Refusal, attempt: number, signal?: AbortSignal | null): Promise<void> {
    const asked = afterMs ?? (reason === 'LIMITED' || reason === 'HELD' ? LIMITED_MS : undefined);
    const ms = Math.max(backoff(attempt), asked === undefined ? 0 : withJitter(asked));
    const pause = delay(ms, signal);
    if (reason === 'GONE') waits.delete(this);
    else waits.set(this, { reason, until: Date.now() + ms });
    tell();
    await (reason === 'GONE' || reason === 'AWAY' ? Promise.all([health.suspect(), pause]) : pause);
  }

  /** Has nothing more told: the request was answered, or given up. */
  end(): void {
    if (waits.delete(this)) tell();
  }
}

function tell(): void {
  const rank = ({ reason }: Wait) => WORST_FIRST.indexOf(reason);
  const [next] = [...waits.values()].sort((a, b) => rank(a) - rank(b) || b.until - a.until);
  const before = waiting.get();
  // A screen reader is not told again while nothing but the time changes.
  const told = before?.reason === next?.reason ? before?.toldSeconds : undefined;
  waiting.set(next && { ...next, toldSeconds: told ?? Math.ceil((next.until - Date.now()) / 1000) });
}
