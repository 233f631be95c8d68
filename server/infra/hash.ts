import { createHash } from 'node:crypto';

/** Hashes a text by SHA-256: 43 characters that are safe in names and URLs. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
