import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { derivedKey } from '../config/derived-key.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts what the database may keep but not read (AES-256-GCM under a key derived from APP_SECRET). */
export class Sealer {
  private readonly key: Buffer;

  constructor(secret: string | undefined) {
    if (secret === undefined) throw new Error('APP_SECRET was not read before it was used');
    this.key = derivedKey(secret, 'values at rest');
  }

  /** `boundTo` names the row: a value copied to another row can't be opened there. */
  seal(plain: string, boundTo: string): Uint8Array<ArrayBuffer> {
    return sealWith(this.key, plain, boundTo);
  }

  /** @throws when the value was made under another secret, for another row, or was changed */
  open(sealed: Uint8Array, boundTo: string): string {
    return openWith(this.key, sealed, boundTo);
  }
}

/** nonce (12 bytes) · ciphertext · tag (16 bytes) */
export function sealWith(key: Uint8Array, plain: string, boundTo: string): Uint8Array<ArrayBuffer> {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(boundTo));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return new Uint8Array(Buffer.concat([nonce, body, cipher.getAuthTag()]));
}

/** Opens what `sealWith` made. */
export function openWith(key: Uint8Array, sealed: Uint8Array, boundTo: string): string {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(boundTo))
    .setAuthTag(bytes.subarray(-tagBytes));
  const body = bytes.subarray(nonceBytes, -tagBytes);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
}
