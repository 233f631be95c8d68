export const MAX_KEY_LENGTH = 255;
/** Who knows the key of a checkout gets its order: too long to be guessed by trying. */
export const MIN_CHECKOUT_KEY_LENGTH = 16;

/**
 * Says what is wrong with an idempotency key: it has at most 255 characters (code points), and is text, so no half of a
 * surrogate pair and no NUL. Undefined when it is good.
 */
export function keyProblem(key: string, minLength = 1): string | undefined {
  if (key === '') return 'The key is empty.';
  if ([...key].length < minLength)
    return `The key has fewer than ${minLength} characters: use random text, such as a UUID.`;
  if (key.length > MAX_KEY_LENGTH && [...key].length > MAX_KEY_LENGTH)
    return `The key has more than ${MAX_KEY_LENGTH} characters.`;
  if (key.includes('\0') || !isWellFormed(key)) return 'The key holds characters that are not text.';
  return undefined;
}

const isWellFormed = (text: string) => Buffer.from(text, 'utf8').toString('utf8') === text;
