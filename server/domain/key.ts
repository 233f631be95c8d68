export const MAX_KEY_LENGTH = 255;

/**
 * Says what is wrong with an idempotency key: it has 1 to 255 characters (code points), and is text that can be
 * stored, so no NUL and no half of a surrogate pair. Undefined when it is good.
 */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'The key is empty.';
  if (key.length > MAX_KEY_LENGTH && [...key].length > MAX_KEY_LENGTH)
    return `The key has more than ${MAX_KEY_LENGTH} characters.`;
  if (key.includes('\0') || !isWellFormed(key)) return 'The key holds characters that are not text.';
  return undefined;
}

const isWellFormed = (text: string) => Buffer.from(text, 'utf8').toString('utf8') === text;
