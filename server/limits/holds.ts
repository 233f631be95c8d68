/** What a checkout holds: with `endsAt`, until its order is settled or that time is over; and what is claimed for it just now. */
type Hold = { units: number; endsAt: number | undefined; orderId: string | undefined; readonly claims: number[] };
type ClientHolds = Map<string, Hold>;

/** What a client may hold: orders that wait for their payment, and units in them; undefined: any number. */
export type HoldLimits = Readonly<{ openOrders: number | undefined; heldUnits: number | undefined }>;

/** Room for one more order, taken before it is placed, and to be ended by one of these. */
export type Claim = Readonly<{
  /** An order was placed: it is held until it is settled, for `holdMs` at most. */
  keep(orderId: string, holdMs: number): void;
  /** Nobody knows whether one was placed: it is held for `holdMs`, or until the key has a clear answer. */
  keepUnclear(holdMs: number): void;
  /** The key has an order from before. */
  found(orderId: string): void;
  /** Nothing was placed. */
  giveBack(): void;
}>;

/** For clients without limits, of whom nothing is counted. */
const UNCOUNTED: Claim = { keep() {}, keepUnclear() {}, found() {}, giveBack() {} };

const SWEEP_MS = 60_000;

/**
 * Counts for each client the orders of this process that wait for their payment, and the units that they keep from others.
 * An order that was settled elsewhere is let go when its time to pay is over.
 */
export class Holds {
  /** What each client holds, by the keys of its checkouts. */
  readonly #ofClients = new Map<string, ClientHolds>();
  readonly #ofOrders = new Map<string, { client: string; key: string }>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Claims room for an order of so many units; or tells the milliseconds until the client's next order has to be paid. `key`:
   * the checkout's, which holds once however often it is sent.
   */
  claim(client: string, key: string, units: number, limits: HoldLimits): Claim | { waitMs: number } {
    const { openOrders, heldUnits } = limits;
    if (openOrders === undefined && heldUnits === undefined) return UNCOUNTED;
    const holds = this.#current(client);
    const others = [...holds].filter(([other]) => other !== key).map(([, hold]) => hold);
    const held = others.reduce((sum, hold) => sum + unitsOf(hold), 0);
    if (others.length >= (openOrders ?? Infinity) || held + units > (heldUnits ?? Infinity))
      return { waitMs: waitOf(others) };
    const hold = holds.get(key) ?? { units: 0, endsAt: undefined, orderId: undefined, claims: [] };
    hold.claims.push(units);
    holds.set(key, hold);
    this.#ofClients.set(client, holds);
    /** Ends the claim, with what is held from now on. */
    const end = (change: Partial<Hold>) => {
      hold.claims.splice(hold.claims.indexOf(units), 1);
      Object.assign(hold, change);
      if (hold.orderId !== undefined) this.#ofOrders.set(hold.orderId, { client, key });
      if (hold.endsAt === undefined && hold.claims.length === 0) this.#forget(client, key);
      this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS).unref();
    };
    const isClear = () => hold.orderId !== undefined;
    return {
      keep: (orderId, holdMs) => end({ units, endsAt: performance.now() + holdMs, orderId }),
      keepUnclear: (holdMs) => end(isClear() ? {} : { units, endsAt: performance.now() + holdMs }),
      found: (orderId) => end(isClear() || hold.endsAt === undefined ? {} : { orderId }),
      giveBack: () => end(isClear() ? {} : { endsAt: undefined }),
    };
  }

  /** Lets go of an order that does not wait for its payment any more. */
  release(orderId: string): void {
    const hold = this.#ofOrders.get(orderId);
    if (hold) this.#forget(hold.client, hold.key);
  }

  #forget(client: string, key: string): void {
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
    for (const [key, { endsAt = Infinity, claims }] of holds)
      if (endsAt <= now && claims.length === 0) this.#forget(client, key);
    return holds;
  }

  #sweep(): void {
    this.#timer = undefined;
    for (const client of [...this.#ofClients.keys()])
      if (this.#current(client).size === 0) this.#ofClients.delete(client);
    if (this.#ofClients.size > 0) this.#timer = setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }
}

const unitsOf = ({ units, endsAt, claims }: Hold) => Math.max(endsAt === undefined ? 0 : units, ...claims);

function waitOf(holds: readonly Hold[]): number {
  const ends = holds.flatMap(({ endsAt }) => endsAt ?? []);
  return ends.length === 0 ? 1_000 : Math.max(0, Math.min(...ends) - performance.now());
}

/** Those of this process. */
export const holds = new Holds();
