import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

const MINUTE_S = 60;

/** Where a client stands with a rate: what is left of it, and in how many seconds it has all of it again. */
export type Standing = Readonly<{ exceeded: boolean; left: number; resetS: number }>;

/** So many of something a minute for each client, counted in the memory of this process. */
export class RateLimit {
  readonly #name: string;
  readonly #most: number;
  readonly #limiter: RateLimiterMemory;

  constructor(name: string, most: number) {
    this.#name = name;
    this.#most = most;
    this.#limiter = new RateLimiterMemory({ points: most, duration: MINUTE_S });
  }

  /** Counts one more of a client's. */
  async count(client: string): Promise<Standing> {
    const standing = await this.#limiter.penalty(client);
    return this.#standing(standing);
  }

  /** Writes the header fields for where a client stands, and `Retry-After` for who has exceeded the rate. */
  headersOf({ exceeded, left, resetS }: Standing): Record<string, string> {
    return limitFields(`"${this.#name}";q=${this.#most};w=${MINUTE_S}`, left, resetS, exceeded);
  }

  #standing({ consumedPoints, msBeforeNext }: RateLimiterRes): Standing {
    return {
      exceeded: consumedPoints > this.#most,
      left: Math.max(0, this.#most - consumedPoints),
      resetS: Math.max(1, Math.ceil(msBeforeNext / 1000)),
    };
  }
}

/**
 * Writes the header fields for a client that has as many of something as it may have at once. `resetS`: when to ask again.
 */
export const fullFields = (name: string, most: number | undefined, resetS: number): Record<string, string> =>
  limitFields(`"${name}";q=${most ?? 0}`, 0, resetS, true);

/** The fields `RateLimit` and `RateLimit-Policy` are as in draft-ietf-httpapi-ratelimit-headers-10. */
function limitFields(policy: string, left: number, resetS: number, exceeded: boolean): Record<string, string> {
  return {
    'ratelimit-policy': policy,
    ratelimit: `${policy.slice(0, policy.indexOf(';'))};r=${left};t=${resetS}`,
    ...(exceeded && { 'retry-after': String(resetS) }),
  };
}
