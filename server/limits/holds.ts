type Hold = { units: number; endsAt: number };

/** What a client may hold: orders that wait for their payment, and units in them; undefined: any number. */
export type HoldLimits = Readonly<{ openOrders: number | undefined; heldUnits: number | undefined }>;

/** Room for one more order, taken before it is placed. */
export type Claim = Readonly<{
  /** Keeps it for an order until that is settled, for `holdMs` at most. */
  keep(orderId: string, holdMs: number): void;
  /** Gives it back: nothing was placed. */
  giveBack(): void;
}>;

const SWEEP_MS = 60_000;

/**
 * Counts for each client the orders of this process that wait for their payment, and the units that they keep from others.
 * An order that was settled elsewhere is let go when its time to pay is over.
 */
export class Holds {
  readonly #ofClients = new Map<string, Map<string | object, Hold>>();
  readonly #clientOf = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  /** Claims room for an order of so many units; or tells the milliseconds until the client's next order has to be paid. */
  claim(client: string, units: number, limits: HoldLimits): Claim | { waitMs: number } {
    const holds = this.#current(client);
    const held = [...holds.values()].reduce((sum, hold) => sum + hold.units, 0);
    const { openOrders = Infinity, heldUnits = Infinity } = limits;
    if (holds.size >= openOrders || held + units > heldUnits) return { waitMs: waitOf(holds) };
    const claim = {};
    holds.set(claim, { units, endsAt: Infinity });
    this.#ofClients.set(client, holds);
    const giveBack = () => {
      holds.delete(claim);
      if (holds.size === 0) this.#ofClients.delete(client);
    };
    return {
      giveBack,
      keep: (orderId, holdMs) => {
        holds.set(orderId, { units, endsAt: performance.now() + holdMs });
        giveBack();
        this.#clientOf.set(orderId, client);
        this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS).unref();
      },
    };
  }

  /** Lets go of an order that does not wait for its payment any more. */
  release(orderId: string): void {
    const client = this.#clientOf.get(orderId);
    if (client === undefined) return;
    this.#clientOf.delete(orderId);
    const holds = this.#ofClients.get(client);
    holds?.delete(orderId);
    if (holds?.size === 0) this.#ofClients.delete(client);
  }

  /** How many clients hold something. */
  get clients(): number {
    return this.#ofClients.size;
  }

  #current(client: string): Map<string | object, Hold> {
    const holds = this.#ofClients.get(client);
    if (!holds) return new Map();
    const now = performance.now();
    for (const [order, { endsAt }] of holds) if (endsAt <= now && typeof order === 'string') this.release(order);
    return holds;
  }

  #sweep(): void {
    this.#timer = undefined;
    for (const client of [...this.#ofClients.keys()])
      if (this.#current(client).size === 0) this.#ofClients.delete(client);
    if (this.#ofClients.size > 0) this.#timer = setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }
}

function waitOf(holds: ReadonlyMap<string | object, Hold>): number {
  const ends = [...holds.values()].map(({ endsAt }) => endsAt).filter(Number.isFinite);
  return ends.length === 0 ? 1_000 : Math.max(0, Math.min(...ends) - performance.now());
}

/** Those of this process. */
export const holds = new Holds();
