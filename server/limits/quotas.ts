import type { ClientLimits } from './config.ts';
import { RateLimit } from './rate-limit.ts';

/** What one client may have; undefined: as much as it likes. */
export type Quota = Readonly<{
  operations: number | undefined;
  checkouts: RateLimit | undefined;
  openOrders: number | undefined;
  heldUnits: number | undefined;
  streams: number | undefined;
}>;

/** The quotas of clients: of those that are known by their address, and of those that bear a token. */
export class Quotas {
  readonly signIns: RateLimit | undefined;
  readonly ofAddress: Quota;
  readonly ofToken: Quota;

  constructor(limits: ClientLimits) {
    const { tokenFactor } = limits;
    this.signIns = limits.signIns === undefined ? undefined : new RateLimit('sign-ins', limits.signIns);
    this.ofAddress = quotaOf(limits, 1);
    this.ofToken = quotaOf(limits, tokenFactor);
  }
}

function quotaOf({ operations, checkouts, openOrders, heldUnits, streams }: ClientLimits, factor: number): Quota {
  const times = (limit: number | undefined) => limit && limit * factor;
  return {
    checkouts: checkouts === undefined ? undefined : new RateLimit('checkouts', checkouts * factor),
    operations: times(operations),
    openOrders: times(openOrders),
    heldUnits: times(heldUnits),
    streams: times(streams),
  };
}
