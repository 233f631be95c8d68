import { timingSafeEqual } from 'node:crypto';

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** The operators' tokens: one, or two while the one is being replaced by the other. */
export class OperatorTokens {
  readonly #tokens: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens.map((token) => Buffer.from(token));
  }

  /** Whether an `Authorization` header bears one of them: in a time that depends on nothing of theirs but the length. */
  areBorneBy(authorization: string): boolean {
    const [, text] = BEARER.exec(authorization) ?? [];
    if (text === undefined) return false;
    const given = Buffer.from(text);
    return this.#tokens.some((token) => token.length === given.length && timingSafeEqual(token, given));
  }
}
