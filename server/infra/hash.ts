import { hash } from 'node:crypto';

/** Hashes a text by SHA-256: 43 characters that are safe in names and URLs. */
export function hashOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
