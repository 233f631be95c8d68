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
}>;

/** Runs a batch and answers for each item, in order: a result, or an error for that item alone. */
export type RunBatch<Item, Result> = (items: Item[]) => Promise<(Result | Error)[]>;

/**
 * Gathers items that are ready at the same time and runs them together: the more there is to do, the larger the
 * batches, without waiting for them to fill. A batch that fails as a whole is run again one by one, so that an item
 * that cannot succeed does not fail its neighbours; run must therefore undo what a failed batch did.
 */
export class Batcher<Item, Result> {
  readonly #run: RunBatch<Item, Result>;
  readonly #options: Required<BatcherOptions>;
  #queue: Job<Item, Result>[] = [];
  #busy = 0;
  #armed = false;

  constructor(run: RunBatch<Item, Result>, options: BatcherOptions = {}) {
    this.#run = run;
    this.#options = { lanes: 1, max: () => 256, lingerMs: 0, ...options };
  }

  /** Items that wait for a lane. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Adds an item to the next batch; resolves with its result, rejects with its error. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      this.#arm();
    });
  }

  #arm(): void {
    if (this.#armed || this.#queue.length === 0 || this.#busy >= this.#options.lanes) return;
    this.#armed = true;
    if (this.#options.lingerMs > 0) setTimeout(() => this.#start(), this.#options.lingerMs);
    else setImmediate(() => this.#start());
  }

  #start(): void {
    this.#armed = false;
    while (this.#queue.length > 0 && this.#busy < this.#options.lanes) {
      const jobs = this.#queue.splice(0, Math.max(1, this.#options.max()));
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
      if (jobs.length === 1) return jobs[0]!.reject(error);
      for (const job of jobs) await this.#settle([job]);
    }
  }
}
