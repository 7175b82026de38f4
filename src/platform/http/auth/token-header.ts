import { isCanonicalSignature } from '../../crypto/canonical-signature.ts';

/** The header of the token shows that this service did not issue it; the signature is not verified. */
export class TokenRejected extends Error {}

/** The challenge of a request without credentials; every other challenge means that they are invalid. */
export const missingCredentials = 'missing credentials';

/** Header members with which a token could choose its own key or meaning (RFC 7515 §4.1.2–5, §4.1.11; RFC 7797). */
const forbiddenHeaders = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'];

/**
 * The `kid` in the header of an access token.
 * @throws TokenRejected unless the token has three segments, the header `{ alg: ES256, typ: at+jwt, kid }` and a
 * canonical signature of 64 bytes
 */
export function tokenHeaderKid(token: string): string {
  const [, , signature, ...more] = token.split('.');
  if (signature === undefined || more.length > 0) throw new TokenRejected('not three segments');
  if (!/^[A-Za-z0-9_-]{86}$/.test(signature) || !isCanonicalSignature(signature))
    throw new TokenRejected('not a signature of ES256');
  const header = parse(token.split('.', 1)[0] ?? '');
  if (header['alg'] !== 'ES256' || header['typ'] !== 'at+jwt') throw new TokenRejected('wrong alg or typ');
  if (forbiddenHeaders.some((member) => member in header)) throw new TokenRejected('header member not allowed');
  if (typeof header['kid'] !== 'string') throw new TokenRejected('no kid');
  return header['kid'];
}

function parse(segment: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Rejected below.
  }
  throw new TokenRejected('malformed header');
}
