import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { derivedKey } from './derived-key.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts values that the database stores (AES-256-GCM, with a key derived from APP_SECRET). */
export class Encryptor {
  private readonly key: Buffer;

  constructor(secret: string | undefined) {
    this.key = derivedKey(secret, 'values at rest');
  }

  /** @param boundTo identifies the row (AEAD associated data): a value copied to another row cannot be decrypted */
  encrypt(plain: string, boundTo: string): Uint8Array<ArrayBuffer> {
    return encryptWith(this.key, plain, boundTo);
  }

  /** @throws when the value was encrypted with another secret, for another row, or was changed */
  decrypt(encrypted: Uint8Array, boundTo: string): string {
    return decryptWith(this.key, encrypted, boundTo);
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
