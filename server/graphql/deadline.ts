import type { OperationLimits } from '../limits/config.ts';
import { codedError } from './public-errors.ts';

/** Whether the database answers within so many milliseconds. */
export type DatabaseAnswers = (withinMs: number) => Promise<boolean>;

/** Reads say within 2 s that the database is away: a read unanswered for so long asks, and waits so long for that. */
const UNANSWERED_MS = 1_200;
const ASK_MS = 500;
/** One clock looks after all operations: a timer for each would cost as much as the rest of this. */
const TICK_MS = 200;

const UNAVAILABLE = 'The store cannot reach its database just now: try again in a while.';
const TIMEOUT = 'This took too long: ask for less, or try again in a while.';
const STILL_WORKING = 'This takes longer than usual. It goes on; asking again with the same key is safe.';

type Pending = { dueAt: number; onDue: (pending: Pending) => void; reject: (error: Error) => void };

/** Gives operations their time. */
export class Deadlines {
  readonly #limits: Pick<OperationLimits, 'queryMs' | 'mutationMs'>;
  readonly #databaseAnswers: DatabaseAnswers;
  readonly #pending = new Set<Pending>();
  #clock: NodeJS.Timeout | undefined;

  constructor(limits: Pick<OperationLimits, 'queryMs' | 'mutationMs'>, databaseAnswers: DatabaseAnswers) {
    this.#limits = limits;
    this.#databaseAnswers = databaseAnswers;
  }

  /**
   * Resolves with what a read makes of its result. Rejects with UNAVAILABLE or TIMEOUT when there is none in time. `settled`:
   * called when there is one, or none for good, however late.
   */
  read<Result, Made>(result: Promise<Result>, make: (result: Result) => Made, settled: () => void): Promise<Made> {
    return this.#within(Math.min(UNANSWERED_MS, this.#limits.queryMs), this.#onUnanswered, result, make, settled);
  }

  /** The same for a change, which goes on. Rejects with STILL_WORKING. */
  change<Result, Made>(result: Promise<Result>, make: (result: Result) => Made, settled: () => void): Promise<Made> {
    return this.#within(this.#limits.mutationMs, onLateChange, result, make, settled);
  }

  readonly #onUnanswered = async (pending: Pending): Promise<void> => {
    pending.dueAt += Math.max(0, this.#limits.queryMs - UNANSWERED_MS);
    pending.onDue = onLateRead;
    this.#pending.add(pending);
    if (!(await this.#databaseAnswers(ASK_MS))) pending.reject(codedError('UNAVAILABLE', UNAVAILABLE));
  };

  #within<Result, Made>(
    ms: number,
    onDue: Pending['onDue'],
    result: Promise<Result>,
    make: (result: Result) => Made,
    settled: () => void,
  ): Promise<Made> {
    return new Promise((resolve, reject) => {
      const pending: Pending = { dueAt: performance.now() + ms, onDue, reject };
      this.#pending.add(pending);
      this.#clock ??= setInterval(() => this.#tick(), TICK_MS);
      result.then(
        (value) => {
          this.#pending.delete(pending);
          settled();
          try {
            resolve(make(value));
          } catch (error) {
            reject(error);
          }
        },
        (error) => {
          this.#pending.delete(pending);
          settled();
          reject(error);
        },
      );
    });
  }

  #tick(): void {
    const now = performance.now();
    for (const pending of [...this.#pending]) {
      if (pending.dueAt > now) continue;
      this.#pending.delete(pending);
      pending.onDue(pending);
    }
    if (this.#pending.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }
}

const onLateRead = ({ reject }: Pending) => reject(codedError('TIMEOUT', TIMEOUT));
const onLateChange = ({ reject }: Pending) => reject(codedError('STILL_WORKING', STILL_WORKING));
