import { setTimeout as delay } from 'node:timers/promises';

type Job<Item, Result> = {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

export type BatcherOptions = Readonly<{
  /** Batches under way at once. What arrives while all lanes are busy goes into the next batch. */
  lanes?: number;
  /** Items in a batch at most; asked anew for each, so that it can follow the load. */
  max?: () => number;
  /** Milliseconds to wait for company before a batch starts; 0 starts with what the current turn brought. */
  lingerMs?: number;
  /** Waits for company by what the last batch had of it, and takes half of what waits: see `COMPANY`. */
  company?: boolean;
  /** Tells whether a batch failed because of something that some of its items wait for, however long. */
  isHeld?: (error: unknown) => boolean;
}>;

/** A pause when each of what is aside was held. */
const ASK_AGAIN_MS = 100;

/**
 * For batches that have a price of their own, under load: with 64 callers at a time, each of whom has two calls, such a
 * batch has 32 items instead of 20, and an order costs a tenth less. A batch that follows a small one does not wait, as
 * one caller more would not pay for it. Found by trying 4, 6 and 8 items a millisecond and batches of 24 and 32.
 */
const COMPANY = {
  /** Items of the last batch for each millisecond that the next one waits at most. */
  itemsPerMs: 8,
  longestMs: 5,
  /**
   * As many are enough, and start at once. When more than twice as many wait, a batch is half of them, so that the
   * callers of one half are answered while the database works for the other.
   */
  enough: 32,
};

/** Runs a batch and answers for each item, in order: a result, or an error for that item alone. */
export type RunBatch<Item, Result> = (items: Item[]) => Promise<(Result | Error)[]>;

/**
 * Gathers items that are ready at the same time and runs them together: the more there is to do, the larger the
 * batches, without waiting for them to fill unless told to. A batch that fails as a whole is run again one by one, so that an item
 * that cannot succeed does not fail its neighbours; run must therefore undo what a failed batch did. A batch that is held up
 * is put aside: its items are run one after the other beside the lanes, in turns, until each is through.
 */
export class Batcher<Item, Result> {
  readonly #run: RunBatch<Item, Result>;
  readonly #options: Required<BatcherOptions>;
  #queue: Job<Item, Result>[] = [];
  #busy = 0;
  #armed = false;
  #timer: NodeJS.Timeout | undefined;
  #lastSize = 0;
  readonly #aside: Job<Item, Result>[] = [];
  #asideRuns = false;

  constructor(run: RunBatch<Item, Result>, options: BatcherOptions = {}) {
    this.#run = run;
    this.#options = { lanes: 1, max: () => 256, lingerMs: 0, company: false, isHeld: () => false, ...options };
  }

  /** Items that wait for a lane, or aside. */
  get waiting(): number {
    return this.#queue.length + this.#aside.length;
  }

  /** Adds an item to the next batch; resolves with its result, rejects with its error. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      this.#arm();
    });
  }

  #arm(): void {
    if (this.#timer && this.#options.company && this.#queue.length >= COMPANY.enough) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      setImmediate(() => this.#start());
    }
    if (this.#armed || this.#queue.length === 0 || this.#busy >= this.#options.lanes) return;
    this.#armed = true;
    const wait = this.#wait();
    if (wait > 0) this.#timer = setTimeout(() => this.#start(), wait);
    else setImmediate(() => this.#start());
  }

  #wait(): number {
    if (!this.#options.company) return this.#options.lingerMs;
    if (this.#queue.length >= COMPANY.enough) return 0;
    return Math.min(Math.floor(this.#lastSize / COMPANY.itemsPerMs), COMPANY.longestMs);
  }

  /** How many are taken of those that wait. */
  #size(): number {
    const max = Math.max(1, this.#options.max());
    return this.#options.company ? Math.min(max, Math.max(COMPANY.enough, Math.ceil(this.#queue.length / 2))) : max;
  }

  #start(): void {
    this.#armed = false;
    this.#timer = undefined;
    while (this.#queue.length > 0 && this.#busy < this.#options.lanes) {
      const jobs = this.#queue.splice(0, this.#size());
      this.#lastSize = jobs.length;
      this.#busy++;
      void this.#settle(jobs).finally(() => {
        this.#busy--;
        this.#arm();
      });
    }
  }

  async #settle(jobs: Job<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#run(jobs.map(({ item }) => item));
      jobs.forEach((job, index) => {
        const result = results[index]!;
        if (result instanceof Error) job.reject(result);
        else job.resolve(result);
      });
    } catch (error) {
      if (this.#options.isHeld(error)) this.#putAside(jobs);
      else if (jobs.length === 1) jobs[0]!.reject(error);
      else for (const job of jobs) await this.#settle([job]);
    }
  }

  /** One that is held up goes to the end of those aside, and holds none of them up for longer than it takes to see that. */
  #putAside(jobs: Job<Item, Result>[]): void {
    this.#aside.push(...jobs);
    if (!this.#asideRuns) void this.#runAside();
  }

  async #runAside(): Promise<void> {
    this.#asideRuns = true;
    let heldInARow = 0;
    for (let job = this.#aside.shift(); job; job = this.#aside.shift()) {
      await this.#settle([job]);
      heldInARow = this.#aside.at(-1) === job ? heldInARow + 1 : 0;
      if (heldInARow > 0 && heldInARow >= this.#aside.length) await delay(ASK_AGAIN_MS);
    }
    this.#asideRuns = false;
  }
}
