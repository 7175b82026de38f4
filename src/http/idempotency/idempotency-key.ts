import { parseItem } from 'structured-headers';
import { IdempotencyKeyInvalid } from './idempotency.errors.ts';

const maxLength = 255;
const bare = /^[A-Za-z0-9._~:+/=-]+$/;

/**
 * The key that a header names: a string of RFC 9651 whose parameters are passed over, or the same without quotes.
 * @throws IdempotencyKeyInvalid
 */
export function parseIdempotencyKey(header: string): string {
  const key = header.startsWith('"') ? unquoted(header) : header;
  if (key === '') throw new IdempotencyKeyInvalid('is empty');
  if (key.length > maxLength) throw new IdempotencyKeyInvalid(`is longer than ${maxLength} characters`);
  if (key === header && !bare.test(key))
    throw new IdempotencyKeyInvalid('has characters that only a quoted key may have, if any');
  return key;
}

function unquoted(header: string): string {
  try {
    const value: unknown = parseItem(header)[0];
    if (typeof value === 'string') return value;
  } catch {
    // Told below.
  }
  throw new IdempotencyKeyInvalid('is not a string of RFC 9651');
}
