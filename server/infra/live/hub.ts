export type Kind = 'order' | 'inbox' | 'product';

/** What can change: an order, the inbox of an order, or a product. `order:*` and `product:*` watch all of a kind. */
export type Topic = `${Kind}:${string}`;

/** A topic and the version it has reached; 0 where there are no versions, as for an inbox. */
export type Change = Readonly<{ topic: Topic; version: number }>;

/**
 * Wakes those who wait for a change, and queues nothing: each watch holds the set of its topics that changed since
 * it last looked, and reads the state from the database at its own pace. A reader that stalls costs that set.
 */
export class Hub {
  readonly #watches = new Map<Topic, Set<Watch>>();
  /** How many topics are watched that stand for all of a kind: for most of the time none. */
  #kindsWatched = 0;
  /** Versions told lately, so that a change that arrives by several ways wakes once. Two generations, by age. */
  #told = new Map<Topic, number>();
  #toldBefore = new Map<Topic, number>();

  /** Begins to watch topics. Look at the state after this, not before, so that no change falls in between. */
  watch(topics: Iterable<Topic>): Watch {
    const watch = new Watch(new Set(topics), () => this.#remove(watch));
    for (const topic of watch.topics) {
      const watches = this.#watches.get(topic);
      if (watches) watches.add(watch);
      else {
        this.#watches.set(topic, new Set([watch]));
        if (isOfAll(topic)) this.#kindsWatched++;
      }
    }
    return watch;
  }

  /** Wakes the watches of a topic, and those of all of its kind, unless they were woken for this version. */
  wake({ topic, version }: Change): void {
    const watches = this.#watches.get(topic);
    const watchesOfAll = this.#kindsWatched > 0 ? this.#watches.get(`${kindOf(topic)}:*`) : undefined;
    if (!watches && !watchesOfAll) return;
    if (version > 0) {
      if ((this.#told.get(topic) ?? this.#toldBefore.get(topic) ?? 0) >= version) return;
      this.#told.set(topic, version);
    }
    for (const watch of watches ?? []) watch.mark(topic);
    for (const watch of watchesOfAll ?? []) watch.mark(topic);
  }

  /** Wakes everyone: changes may have been missed. */
  wakeAll(): void {
    for (const [topic, watches] of this.#watches) for (const watch of watches) watch.mark(topic);
  }

  /** Forgets the versions that were told before the last call of this. */
  age(): void {
    this.#toldBefore = this.#told;
    this.#told = new Map();
  }

  /** Tells the kinds of topic that somebody watches. */
  kinds(): Set<Kind> {
    return new Set([...this.#watches.keys()].map(kindOf));
  }

  #remove(watch: Watch): void {
    for (const topic of watch.topics) {
      const watches = this.#watches.get(topic);
      watches?.delete(watch);
      if (watches?.size !== 0) continue;
      this.#watches.delete(topic);
      if (isOfAll(topic)) this.#kindsWatched--;
    }
  }
}

const isOfAll = (topic: Topic) => topic.endsWith(':*');
const kindOf = (topic: Topic) => topic.slice(0, topic.indexOf(':')) as Kind;

/** A reader of all of a kind that stalls while this many change has fallen behind, rather than being remembered for. */
const MOST_REMEMBERED = 10_000;

/** One reader's view of the hub. Close it when done. */
export class Watch {
  readonly topics: ReadonlySet<Topic>;
  readonly #onClose: () => void;
  #changed = new Set<Topic>();
  #closed = false;
  #fellBehind = false;
  #wake: (() => void) | undefined;

  constructor(topics: ReadonlySet<Topic>, onClose: () => void) {
    this.topics = topics;
    this.#onClose = onClose;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether more changed since the last `take` than is remembered. */
  get fellBehind(): boolean {
    return this.#fellBehind;
  }

  /** Remembers that a topic changed, and wakes the reader. For the hub. */
  mark(topic: Topic): void {
    if (this.#closed) return;
    if (this.#changed.size < MOST_REMEMBERED) this.#changed.add(topic);
    else this.#fellBehind = true;
    this.#wake?.();
  }

  /** Returns what changed since the last time, and forgets it. */
  take(): Set<Topic> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  /** Resolves when something has changed since the last `take`, when closed, or after `timeoutMs`. */
  async changed(timeoutMs?: number): Promise<void> {
    if (this.#changed.size > 0 || this.#closed) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (timeoutMs !== undefined) timer = setTimeout(resolve, Math.max(0, timeoutMs));
    });
    this.#wake = undefined;
    clearTimeout(timer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    this.#wake?.();
  }
}
