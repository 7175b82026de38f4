import { hkdfSync } from 'node:crypto';

/** The application secret and the others that are accepted beside it while it is rotated (docs/operations/secrets.md). */
export interface AppSecrets {
  readonly secret: string | undefined;
  readonly previousSecrets: readonly string[];
}

/**
 * Derives a 32-byte key for one purpose from the application secret (HKDF-SHA-256, RFC 5869). Keys of different
 * purposes are independent.
 * @throws Error when the configuration has no secret
 */
export function derivedKey(secret: string | undefined, purpose: string): Buffer {
  if (secret === undefined) throw new Error('APP_SECRET is not set');
  return Buffer.from(hkdfSync('sha256', secret, 'plinth', purpose, 32));
}

/** The same for every secret: the first key encrypts and signs, all of them decrypt and verify. */
export function derivedKeys({ secret, previousSecrets }: AppSecrets, purpose: string): readonly [Buffer, ...Buffer[]] {
  return [derivedKey(secret, purpose), ...previousSecrets.map((previous) => derivedKey(previous, purpose))];
}
