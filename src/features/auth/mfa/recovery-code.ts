import { randomBytes } from 'node:crypto';

/** Crockford's Base32: without I, L, O and U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const length = 24;

/** How many codes a set has. */
export const recoveryCodeCount = 10;

/** A new recovery code: 24 characters of Crockford's Base32, 120 random bits. */
export function newRecoveryCode(): string {
  return Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

/** A code as it was issued: upper case, without separators, and with the characters that Crockford's Base32 confuses. */
export function normalizedRecoveryCode(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** The member of a response that contains the new codes. */
export const recoveryCodesMember = {
  type: 'array' as const,
  items: { type: 'string', minLength: 24, maxLength: 24, pattern: '^[0-9A-HJKMNP-TV-Z]{24}$' },
  minItems: recoveryCodeCount,
  maxItems: recoveryCodeCount,
  example: Array.from('0123456789', (digit) => `${digit}7ZK2M9QXR4TBW8C5HN3VJD6E`.slice(0, 24)),
};
