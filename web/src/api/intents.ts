import { recall, remember } from './session.ts';

/** Something a person asked for once. Every try at it carries the same key, so it happens once. */
export type Intent<Input> = {
  key: string;
  input: Input;
  /** Sent, with no answer yet: after a reload it has to be sent again to learn what became of it. */
  open: boolean;
};

/** Begins what is asked for in `scope`, or goes on with it when the same was asked before and never answered. */
export function beginIntent<Input>(scope: string, input: Input): Intent<Input> {
  const known = readIntent<Input>(scope);
  const same = known && JSON.stringify(known.input) === JSON.stringify(input);
  return write(scope, { key: same ? known.key : newKey(), input, open: true });
}

/** Gives the intent of `scope` that was not answered, if there is one. */
export function readIntent<Input>(scope: string): Intent<Input> | undefined {
  const text = recall(name(scope));
  return text === null ? undefined : (JSON.parse(text) as Intent<Input>);
}

/** Forgets the intent: it had a definitive answer, so asking again is a new intent. */
export function settleIntent(scope: string): void {
  remember(name(scope), null);
}

/** Keeps the key after an unclear answer; a person decides whether to try again. */
export function parkIntent(scope: string): void {
  const known = readIntent(scope);
  if (known) write(scope, { ...known, open: false });
}

/** Makes an idempotency key that nobody can guess. Works on pages without HTTPS too. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function write<Input>(scope: string, intent: Intent<Input>): Intent<Input> {
  remember(name(scope), JSON.stringify(intent));
  return intent;
}

const name = (scope: string) => `intent:${scope}`;
