import { parseItem } from 'structured-headers';
import { InvalidIdempotencyKey } from './idempotency.errors.ts';

const maxLength = 255;
const bare = /^[A-Za-z0-9._~:+/=-]+$/;

/**
 * The key in the header: a string (RFC 9651), whose parameters are ignored, or the same without quotes.
 * @throws InvalidIdempotencyKey
 */
export function parseIdempotencyKey(header: string): string {
  const key = header.startsWith('"') ? unquoted(header) : header;
  if (key === '') throw new InvalidIdempotencyKey('is empty');
  if (key.length > maxLength) throw new InvalidIdempotencyKey(`is longer than ${maxLength} characters`);
  if (key === header && !bare.test(key))
    throw new InvalidIdempotencyKey('contains characters that a key without quotes must not contain');
  return key;
}

function unquoted(header: string): string {
  try {
    const value: unknown = parseItem(header)[0];
    if (typeof value === 'string') return value;
  } catch {
    // Rejected below.
  }
  throw new InvalidIdempotencyKey('is not a string (RFC 9651)');
}
