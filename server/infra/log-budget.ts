import { log } from './log.ts';

/** Lines a second about mistakes of callers; whoever makes more of them does not fill the disk with it. */
const LINES = 50;
const PERIOD_MS = 1_000;

/** Counts log lines of one kind, lets so many through a second, and then tells how many it kept back. */
class LogBudget {
  #used = 0;
  #keptBack = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Whether one more line may be written now. */
  allows(): boolean {
    this.#timer ??= setTimeout(() => this.#renew(), PERIOD_MS).unref();
    if (this.#used >= LINES) {
      this.#keptBack++;
      return false;
    }
    this.#used++;
    return true;
  }

  #renew(): void {
    this.#timer = undefined;
    this.#used = 0;
    if (this.#keptBack > 0) log.info({ keptBack: this.#keptBack }, 'more requests were refused than are logged');
    this.#keptBack = 0;
  }
}

/** The one of this process. */
export const logBudget = new LogBudget();
