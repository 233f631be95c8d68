/**
 * The database's clock, as this process knows it: what was read from it last, and the time since then by a clock that
 * nobody sets. The wall clock of the process's machine has no part in it: it may be wrong, and steps when it is set right
 * or its machine is resumed.
 */
export class DatabaseClock {
  /** What to add to the monotonic clock. Before anything was read, the best guess is the wall clock at the start. */
  #offset = performance.timeOrigin;

  /** Tells the time, as Unix milliseconds. */
  now(): number {
    return performance.now() + this.#offset;
  }

  /** Sets it by a reading, in Unix milliseconds, that was asked for at `askedAt` by `performance.now()` and has just come. */
  set(reading: number, askedAt: number): void {
    this.#offset = reading - (askedAt + performance.now()) / 2;
  }
}
