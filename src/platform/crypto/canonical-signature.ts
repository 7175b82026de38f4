/** Bytes of r, and of s. */
const scalarBytes = 32;

/** The order of P-256 (SP 800-186 §3.2.1.3): order - s is a valid signature of the same text as s. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Whether an ES256 signature has the canonical form in which the service signs: s in the lower half of its range
 * (low-S), and no extra bits after the last byte. Without this check an attacker can derive a second valid signature of
 * the same token.
 */
export function isCanonicalSignature(signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  return bytes.length === 2 * scalarBytes && bytes.toString('base64url') === signature && readS(bytes) <= order / 2n;
}

/** Converts the signature of a token (JWS compact serialization) to the canonical form. */
export function withCanonicalSignature(token: string): string {
  const end = token.lastIndexOf('.') + 1;
  const bytes = Buffer.from(token.slice(end), 'base64url');
  const s = readS(bytes);
  if (s <= order / 2n) return token;
  bytes.write((order - s).toString(16).padStart(2 * scalarBytes, '0'), scalarBytes, 'hex');
  return token.slice(0, end) + bytes.toString('base64url');
}

function readS(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex', scalarBytes)}`);
}
