import { recall, remember } from './session.ts';
import { createStore } from './store.ts';

const NAME = 'operator-token';

/** The operator's token in this tab, or null. */
export const operatorToken = createStore(recall(NAME));

/** Takes a token for every request from now on; null forgets it. */
export function setOperatorToken(token: string | null): void {
  remember(NAME, token);
  operatorToken.set(token);
}
