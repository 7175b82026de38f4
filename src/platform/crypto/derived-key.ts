import { hkdfSync } from 'node:crypto';

/**
 * Derives a 32-byte key for one purpose from the application secret (HKDF-SHA-256, RFC 5869). Keys of different
 * purposes are independent.
 * @throws Error when the configuration has no secret
 */
export function derivedKey(secret: string | undefined, purpose: string): Buffer {
  if (secret === undefined) throw new Error('APP_SECRET is not set');
  return Buffer.from(hkdfSync('sha256', secret, 'plinth', purpose, 32));
}
