import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { AppSecrets } from './derived-key.ts';
import { derivedKeys } from './derived-key.ts';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts values that the database stores (AES-256-GCM, with a key derived from APP_SECRET). Values that were encrypted
 * with one of APP_SECRET_PREVIOUS are decrypted too.
 */
export class Encryptor {
  private readonly keys: readonly [Buffer, ...Buffer[]];

  constructor(secrets: AppSecrets) {
    this.keys = derivedKeys(secrets, 'values at rest');
  }

  /** @param boundTo identifies the row (AEAD associated data): a value copied to another row cannot be decrypted */
  encrypt(plain: string, boundTo: string): Uint8Array<ArrayBuffer> {
    return encryptWith(this.keys[0], plain, boundTo);
  }

  /** @throws when the value was encrypted with another secret, for another row, or was changed */
  decrypt(encrypted: Uint8Array, boundTo: string): string {
    const [current, ...previous] = this.keys;
    try {
      return decryptWith(current, encrypted, boundTo);
    } catch (error) {
      // Decryption with a wrong key fails at the tag of AES-GCM.
      for (const key of previous) {
        const plain = decryptOrUndefined(key, encrypted, boundTo);
        if (plain !== undefined) return plain;
      }
      throw error;
    }
  }

  /** Whether a value is encrypted with APP_SECRET itself. */
  isCurrent(encrypted: Uint8Array, boundTo: string): boolean {
    return decryptOrUndefined(this.keys[0], encrypted, boundTo) !== undefined;
  }
}

function decryptOrUndefined(key: Uint8Array, encrypted: Uint8Array, boundTo: string): string | undefined {
  try {
    return decryptWith(key, encrypted, boundTo);
  } catch {
    return undefined;
  }
}

/** Returns nonce (12 bytes), ciphertext and tag (16 bytes), concatenated. */
export function encryptWith(key: Uint8Array, plain: string, boundTo: string): Uint8Array<ArrayBuffer> {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(boundTo));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return new Uint8Array(Buffer.concat([nonce, body, cipher.getAuthTag()]));
}

/** Decrypts what `encryptWith` returned. */
export function decryptWith(key: Uint8Array, encrypted: Uint8Array, boundTo: string): string {
  const bytes = Buffer.from(encrypted);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(boundTo))
    .setAuthTag(bytes.subarray(-tagBytes));
  const body = bytes.subarray(nonceBytes, -tagBytes);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
}
