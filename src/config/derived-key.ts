import { hkdfSync } from 'node:crypto';

/**
 * A 32-byte key for one purpose, derived from the application secret (HKDF-SHA-256, RFC 5869): keys of different
 * purposes tell nothing of each other.
 */
export function derivedKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'plinth', purpose, 32));
}
