type Go = () => void;

/** Divides writing for many readers between turns of the event loop, so that it does not hold up everything else. */
export class WriteThrottle {
  readonly #most: number;
  #used = 0;
  #isArmed = false;
  #waiting: Go[] = [];

  /** `most`: how many may go in one turn. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Returns nothing when the caller may go at once, else what resolves when it may. */
  turn(): Promise<void> | undefined {
    this.#arm();
    if (this.#used < this.#most) {
      this.#used++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      const next = this.#waiting.splice(0, this.#most);
      this.#used = next.length;
      if (this.#used > 0) this.#arm();
      for (const go of next) go();
    });
  }
}
