import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../graphql/builder.ts';
import { codedError } from '../graphql/public-errors.ts';
import { hashOf } from '../infra/hash.ts';
import { log } from '../infra/log.ts';
import { logBudget } from '../infra/log-budget.ts';
import type { Quotas } from '../limits/quotas.ts';
import type { RateLimit } from '../limits/rate-limit.ts';
import type { ClientOf } from './client.ts';
import type { OperatorTokens } from './tokens.ts';

/** All operators' tokens are one client's: the one that replaces another takes over its quota and its keys. */
const OPERATOR = 'token:operator';

type Options = Readonly<{ clientOf: ClientOf; tokens: OperatorTokens; quotas: Quotas }>;

/** Makes what tells who sends a request. It throws a GraphQL error for who bears a wrong token, or guesses too often. */
export function callers({ clientOf, tokens, quotas }: Options) {
  const guessers = new Guessers(quotas.signIns);
  const refuse = async (client: string, authorization: string, requestId: string): Promise<never> => {
    await guessers.note(client, authorization);
    if (logBudget.allows()) log.info({ requestId, client }, 'a token was refused');
    throw codedError('INVALID_TOKEN', 'The token is not valid: leave it out, or send the right one.', WRONG_TOKEN);
  };
  return (request: IncomingMessage, requestId: string): Caller | Promise<Caller> => {
    const { authorization } = request.headers;
    const client = clientOf(request);
    if (authorization === undefined) return { requestId, client, scope: '', quota: quotas.ofAddress, headers: {} };
    guessers.check(client);
    if (!tokens.areBorneBy(authorization)) return refuse(client, authorization, requestId);
    return { requestId, client: OPERATOR, scope: OPERATOR, quota: quotas.ofToken, headers: {} };
  };
}

const WRONG_TOKEN = { http: { headers: { 'www-authenticate': 'Bearer realm="store", error="invalid_token"' } } };

/** Clients that have sent as many wrong tokens as they may in a minute. */
class Guessers {
  readonly #rate: RateLimit | undefined;
  readonly #until = new Map<string, number>();
  readonly #guesses = new LRUCache<string, true>({ max: 10_000, ttl: 60_000 });

  constructor(rate: RateLimit | undefined) {
    this.#rate = rate;
  }

  /** Throws a GraphQL error for such a client, also for the right token: who guesses would learn from that which one is. */
  check(client: string): void {
    const until = this.#until.get(client);
    if (until === undefined || !this.#rate) return;
    const resetS = Math.ceil((until - performance.now()) / 1_000);
    if (resetS <= 0) this.#until.delete(client);
    else {
      const headers = this.#rate.headersOf({ exceeded: true, left: 0, resetS });
      throw codedError('SIGN_IN_LIMITED', `Too many wrong tokens: try again in ${resetS} s.`, { http: { headers } });
    }
  }

  /** Takes note of a wrong token. A page that still has an old one sends it again and again: that is one guess a minute. */
  async note(client: string, token: string): Promise<void> {
    const guess = `${client} ${hashOf(token)}`;
    if (this.#guesses.has(guess)) return;
    this.#guesses.set(guess, true);
    const standing = await this.#rate?.count(client);
    if (!standing || standing.left > 0) return;
    this.#until.set(client, performance.now() + standing.resetS * 1_000);
    setTimeout(() => this.#until.delete(client), standing.resetS * 1_000).unref();
  }
}
