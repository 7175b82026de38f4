import { hkdfSync } from 'node:crypto';

/**
 * Derives a 32-byte key for one purpose from the application secret (HKDF-SHA-256, RFC 5869). Keys of different
 * purposes are independent.
 */
export function derivedKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'plinth', purpose, 32));
}
