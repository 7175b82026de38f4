/** Bytes of r, and of s. */
const half = 32;

/** The order of P-256 (SP 800-186 §3.2.1.3): with s, its difference from this is a good signature of the same text. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Whether an ES256 signature is spelt as the service spells its own: s in the lower half, and no bits behind the last byte.
 * Anybody can turn a token into another one that says the same; with one spelling each there is only the one.
 */
export function isCanonicalSignature(signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  return bytes.length === 2 * half && bytes.toString('base64url') === signature && readS(bytes) <= order / 2n;
}

/** The same signed token (JWS compact serialization) with its signature spelt so. */
export function withCanonicalSignature(token: string): string {
  const end = token.lastIndexOf('.') + 1;
  const bytes = Buffer.from(token.slice(end), 'base64url');
  const s = readS(bytes);
  if (s <= order / 2n) return token;
  bytes.write((order - s).toString(16).padStart(2 * half, '0'), half, 'hex');
  return token.slice(0, end) + bytes.toString('base64url');
}

function readS(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex', half)}`);
}
