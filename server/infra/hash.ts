import { hash } from 'node:crypto';

/** Hashes a text by SHA-256: 43 characters that are safe in names and URLs. */
export function hashOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** Characters of a key's hash that are kept: 132 bits, since it is in a dozen rows and index entries of each order. */
const KEY_HASH_LENGTH = 22;

/**
 * Hashes an idempotency key, so that what is kept of it is short and is of no use to who reads it. `scope`: whose key it is;
 * the same key of another caller is another.
 */
export function keyHashOf(scope: string, key: string): string {
  return hashOf(`${scope}\n${key}`).slice(0, KEY_HASH_LENGTH);
}
