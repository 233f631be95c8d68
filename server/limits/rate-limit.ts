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

  /**
   * Writes the fields `RateLimit` and `RateLimit-Policy` as draft-ietf-httpapi-ratelimit-headers-10 has them, and
   * `Retry-After` for who has exceeded the rate.
   */
  headersOf({ exceeded, left, resetS }: Standing): Record<string, string> {
    return {
      'ratelimit-policy': `"${this.#name}";q=${this.#most};w=${MINUTE_S}`,
      ratelimit: `"${this.#name}";r=${left};t=${resetS}`,
      ...(exceeded && { 'retry-after': String(resetS) }),
    };
  }

  #standing({ consumedPoints, msBeforeNext }: RateLimiterRes): Standing {
    return {
      exceeded: consumedPoints > this.#most,
      left: Math.max(0, this.#most - consumedPoints),
      resetS: Math.max(1, Math.ceil(msBeforeNext / 1000)),
    };
  }
}
