import { retryAfter } from './refusal.ts';
import { recall, remember } from './session.ts';
import { createStore } from './store.ts';

const NAME = 'operator-token';

/** Why the last token was refused: it is wrong, or too many wrong ones came from here, until when (milliseconds since 1970). */
export type TokenRefusal = { reason: 'WRONG' } | { reason: 'GUESSED'; until: number };

/** The operator's token in this tab, or null. */
export const operatorToken = createStore(recall(NAME));

/** Why the last token was refused; null when it was not. */
export const tokenRefusal = createStore<TokenRefusal | null>(null);

/** Takes a token for every request from now on; null forgets it. */
export function setOperatorToken(token: string | null): void {
  remember(NAME, token);
  tokenRefusal.set(null);
  operatorToken.set(token);
}

/**
 * Forgets a token that an answer refuses, and tells whether it did: the same request without a token can be answered then.
 */
export async function refusesToken(token: string, response: Response): Promise<boolean> {
  const refusal = await refusalOf(response);
  if (!refusal) return false;
  // Another one may have been entered meanwhile.
  if (operatorToken.get() === token) {
    remember(NAME, null);
    tokenRefusal.set(refusal);
    operatorToken.set(null);
  }
  return true;
}

async function refusalOf(response: Response): Promise<TokenRefusal | undefined> {
  if (response.status !== 401 && response.status !== 429) return undefined;
  const text = await response.clone().text();
  if (text.includes('"INVALID_TOKEN"')) return { reason: 'WRONG' };
  // The server looks at no token from where too many wrong ones came.
  return text.includes('"SIGN_IN_LIMITED"')
    ? { reason: 'GUESSED', until: Date.now() + (retryAfter(response) ?? 0) }
    : undefined;
}
