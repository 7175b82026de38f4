/** `keyid` is a parameter of Argon2's PHC string, in base64 without padding; the library does not support it. */
const keyIdParameter = /^(\$argon2id\$v=\d+\$[^$]*),keyid=([A-Za-z0-9+/]*)(\$.*)$/;

/** A hash in the form that the library reads, and the id of its pepper. */
export interface PhcHash {
  readonly bare: string;
  readonly keyId: string | undefined;
}

/** Adds the id of a pepper to a hash (PHC string format, "Argon2 Encoding"). */
export function withKeyId(bare: string, keyId: string): string {
  const encoded = Buffer.from(keyId).toString('base64').replaceAll('=', '');
  return bare.replace(/^(\$argon2id\$v=\d+\$[^$]*)/, `$1,keyid=${encoded}`);
}

/** Splits the id of the pepper from a hash. */
export function readKeyId(encoded: string): PhcHash {
  const [, head = '', keyId = '', tail = ''] = keyIdParameter.exec(encoded) ?? [];
  if (head === '') return { bare: encoded, keyId: undefined };
  return { bare: `${head}${tail}`, keyId: Buffer.from(keyId, 'base64').toString() };
}
