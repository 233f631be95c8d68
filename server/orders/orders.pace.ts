/** Dispatches this late are on time, as far as new orders are concerned; at the second, nearly none is let in. */
const ON_TIME_MS = 80;
const LATE_MS = 320;
/** Orders placed with one group while all is on time. */
const MOST = 128;
/** Weight of a group of steps in the mean: the last five or so count, which are a fifth of a second's. */
const WEIGHT = 0.2;
/** Without dispatches for this long, what is known of their lateness is no more true. */
const FORGET_MS = 1_000;

/**
 * Lets in as many new orders as leave the dispatches of others their time: the later those are, the fewer are placed with
 * each group, and the rest wait. In proportion, since stopping and going in turns makes both worse.
 */
export class Pace {
  #lateMs = 0;
  #notedAt = 0;

  /** Notes how late (ms) the oldest of a group of steps is. `now`: any clock's milliseconds. */
  note(lateMs: number, now = performance.now()): void {
    this.#lateMs = this.#known(now) * (1 - WEIGHT) + Math.min(lateMs, 2 * LATE_MS) * WEIGHT;
    this.#notedAt = now;
  }

  /** Tells how many orders may be placed with the next group: at least one. */
  admits(now = performance.now()): number {
    const share = (LATE_MS - this.#known(now)) / (LATE_MS - ON_TIME_MS);
    return Math.max(1, Math.round(MOST * Math.min(1, share)));
  }

  #known(now: number): number {
    return now - this.#notedAt < FORGET_MS ? this.#lateMs : 0;
  }
}

/** The one of this process. */
export const pace = new Pace();
