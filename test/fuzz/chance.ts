import { type Random, randomOf } from '../faults/random.ts';

/** Draws from one source of chance, so that a seed repeats all of it. */
export class Chance {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Whether something happens that does so in this share of all cases. */
  is(share: number): boolean {
    return this.#random() < share;
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** Some of the items, at least one, in their order. */
  some<Item>(items: readonly Item[], most: number): Item[] {
    const wanted = 1 + this.below(Math.min(most, items.length));
    const chosen = new Set<number>();
    while (chosen.size < wanted) chosen.add(this.below(items.length));
    return items.filter((_, index) => chosen.has(index));
  }

  times<Item>(count: number, make: (index: number) => Item): Item[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}
