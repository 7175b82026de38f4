import { isCanonicalSignature } from '../../validation/canonical-signature.ts';

/** The token can't be one of ours, whatever its signature says. */
export class TokenRefused extends Error {}

/** Header members that would let a token choose its own key or meaning (RFC 7515 §4.1.2–5, §4.1.11; RFC 7797). */
const neverHonoured = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'];

/**
 * The kid of an access token's header.
 * @throws TokenRefused for anything that is not three segments, `{ alg: ES256, typ: at+jwt, kid }` and a signature of
 * 64 bytes
 */
export function tokenHeaderKid(token: string): string {
  const [, , signature, ...more] = token.split('.');
  if (signature === undefined || more.length > 0) throw new TokenRefused('not three segments');
  if (!/^[A-Za-z0-9_-]{86}$/.test(signature) || !isCanonicalSignature(signature))
    throw new TokenRefused('not a signature of ES256');
  const header = parse(token.split('.', 1)[0] ?? '');
  if (header['alg'] !== 'ES256' || header['typ'] !== 'at+jwt') throw new TokenRefused('wrong alg or typ');
  if (neverHonoured.some((member) => member in header)) throw new TokenRefused('header member not allowed');
  if (typeof header['kid'] !== 'string') throw new TokenRefused('no kid');
  return header['kid'];
}

function parse(segment: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new TokenRefused('unreadable header');
}
