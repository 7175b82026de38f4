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
