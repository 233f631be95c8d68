type Hold = { units: number; endsAt: number; orderId: string | undefined };
type ClientHolds = Map<string | symbol, Hold>;

/** What a client may hold: orders that wait for their payment, and units in them; undefined: any number. */
export type HoldLimits = Readonly<{ openOrders: number | undefined; heldUnits: number | undefined }>;

/** Room for one more order, taken before it is placed. */
export type Claim = Readonly<{
  /** Keeps it until the order is settled, for `holdMs` at most. `orderId`: undefined where it is not known whether there is one. */
  keep(orderId: string | undefined, holdMs: number): void;
  /** Gives it back: nothing was placed. */
  giveBack(): void;
}>;

/** For clients without limits, of whom nothing is counted. */
const UNCOUNTED: Claim = { keep() {}, giveBack() {} };

const SWEEP_MS = 60_000;

/**
 * Counts for each client the orders of this process that wait for their payment, and the units that they keep from others.
 * An order that was settled elsewhere is let go when its time to pay is over.
 */
export class Holds {
  /** What each client holds: for orders by the keys of their checkouts, and what is claimed. */
  readonly #ofClients = new Map<string, ClientHolds>();
  readonly #ofOrders = new Map<string, { client: string; key: string }>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Claims room for an order of so many units; or tells the milliseconds until the client's next order has to be paid. `key`:
   * the checkout's; what is kept for it already makes room for itself.
   */
  claim(client: string, key: string, units: number, limits: HoldLimits): Claim | { waitMs: number } {
    const { openOrders, heldUnits } = limits;
    if (openOrders === undefined && heldUnits === undefined) return UNCOUNTED;
    const holds = this.#current(client);
    const kept = holds.get(key);
    const others = [...holds.values()].reduce((sum, hold) => sum + hold.units, -(kept?.units ?? 0));
    const orders = holds.size - (kept ? 1 : 0);
    if (orders >= (openOrders ?? Infinity) || others + units > (heldUnits ?? Infinity))
      return { waitMs: waitOf(holds) };
    const claim = Symbol(key);
    holds.set(claim, { units: Math.max(0, units - (kept?.units ?? 0)), endsAt: Infinity, orderId: undefined });
    this.#ofClients.set(client, holds);
    return {
      giveBack: () => this.#forget(client, claim),
      keep: (orderId, holdMs) => {
        holds.set(key, { units, endsAt: performance.now() + holdMs, orderId });
        if (orderId !== undefined) this.#ofOrders.set(orderId, { client, key });
        this.#forget(client, claim);
        this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS).unref();
      },
    };
  }

  /** Lets go of an order that does not wait for its payment any more. */
  release(orderId: string): void {
    const hold = this.#ofOrders.get(orderId);
    if (hold) this.#forget(hold.client, hold.key);
  }

  #forget(client: string, key: string | symbol): void {
    const holds = this.#ofClients.get(client);
    const orderId = holds?.get(key)?.orderId;
    if (orderId !== undefined) this.#ofOrders.delete(orderId);
    holds?.delete(key);
    if (holds?.size === 0) this.#ofClients.delete(client);
  }

  /** How many clients hold something. */
  get clients(): number {
    return this.#ofClients.size;
  }

  #current(client: string): ClientHolds {
    const holds = this.#ofClients.get(client);
    if (!holds) return new Map();
    const now = performance.now();
    for (const [key, { endsAt }] of holds) if (endsAt <= now) this.#forget(client, key);
    return holds;
  }

  #sweep(): void {
    this.#timer = undefined;
    for (const client of [...this.#ofClients.keys()])
      if (this.#current(client).size === 0) this.#ofClients.delete(client);
    if (this.#ofClients.size > 0) this.#timer = setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }
}

function waitOf(holds: ClientHolds): number {
  const ends = [...holds.values()].map(({ endsAt }) => endsAt).filter(Number.isFinite);
  return ends.length === 0 ? 1_000 : Math.max(0, Math.min(...ends) - performance.now());
}

/** Those of this process. */
export const holds = new Holds();
