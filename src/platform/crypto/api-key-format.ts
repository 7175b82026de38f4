import { hash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const checksumLength = 6;
const pattern = /^sk_[a-z]{1,16}_[0-9A-Za-z]{8}_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/;

/** A new API key. */
export interface NewApiKey {
  /** The secret as the client sends it. */
  readonly key: string;
  /** The part without the secret, by which its owner recognizes the key. */
  readonly prefix: string;
}

/**
 * Creates `sk_<environment>_<8 characters>_<32 random bytes as base64url><checksum>`. The checksum is the CRC-32 of
 * what precedes it, in base 62: secret scanners recognize a key, and the service refuses a mistyped one without a
 * query.
 *
 * @param environment lower-case letters, at most 16
 */
export function newApiKey(environment: string): NewApiKey {
  const id = Array.from({ length: 8 }, () => digits[randomInt(digits.length)]).join('');
  const prefix = `sk_${environment}_${id}`;
  const body = `${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key: body + checksumOf(body), prefix };
}

/** Whether the text has the form and the checksum of an API key; it may still be unknown, revoked or expired. */
export function isApiKey(text: string): boolean {
  return pattern.test(text) && text.endsWith(checksumOf(text.slice(0, -checksumLength)));
}

/** SHA-256 of the key as base64. The key has 256 random bits: a slow hash would protect it no better. */
export function apiKeyDigest(key: string): string {
  return hash('sha256', key, 'base64');
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  while (checksum.length < checksumLength) {
    checksum = (digits[rest % digits.length] ?? '') + checksum;
    rest = Math.floor(rest / digits.length);
  }
  return checksum;
}
