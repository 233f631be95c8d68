const PING_MS = 12_000;
const SLOTS = 48;

type Pinged = { ping(): void };

/** The open streams of a process, with one clock that has each send a ping every twelve seconds, not all at once. */
export class OpenStreams {
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<Pinged>());
  #slot = 0;
  #count = 0;
  #clock: NodeJS.Timeout | undefined;

  /** Keeps a stream until the function that this returns is called. */
  add(stream: Pinged): () => void {
    const slot = this.#slots[this.#slot]!;
    slot.add(stream);
    if (++this.#count === 1) this.#clock = setInterval(() => this.#tick(), PING_MS / SLOTS);
    return () => {
      if (slot.delete(stream) && --this.#count === 0) clearInterval(this.#clock);
    };
  }

  #tick(): void {
    this.#slot = (this.#slot + 1) % SLOTS;
    for (const stream of this.#slots[this.#slot]!) stream.ping();
  }
}
