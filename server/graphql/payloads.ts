/** An order as it is now, told with an event, may be as old as two of these. */
const AGE_MS = 500;

type Made = Map<string, Promise<Buffer>>;

/**
 * Remembers for a moment what was written for an event, so that it is executed and serialised once for all readers
 * who are told it with the same words. Not for longer: readers that stall hold on to events, and shall not hold this.
 */
export class Payloads {
  #young = new WeakMap<object, Made>();
  #old = new WeakMap<object, Made>();
  #agedAt = performance.now();

  /** Returns what was made for an event and these words (all that can make a difference), or makes it. */
  of(event: object, words: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const now = performance.now();
    if (now - this.#agedAt > AGE_MS) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#agedAt = now;
    }
    const known = this.#young.get(event) ?? this.#old.get(event);
    const made = known?.get(words);
    if (made) return made;
    const payload = make();
    if (known) known.set(words, payload);
    else this.#young.set(event, new Map([[words, payload]]));
    return payload;
  }
}
