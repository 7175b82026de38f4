/** `keyid` is a parameter of argon2's PHC string, in base64 without padding; the library neither writes nor reads it. */
const keyIdParameter = /^(\$argon2id\$v=\d+\$[^$]*),keyid=([A-Za-z0-9+/]*)(\$.*)$/;

/** A hash as the library reads it, and the name of the pepper that it was made with. */
export interface PhcHash {
  readonly bare: string;
  readonly keyId: string | undefined;
}

/** Writes the name of a pepper into a hash (PHC string format, "Argon2 Encoding"). */
export function withKeyId(bare: string, keyId: string): string {
  const encoded = Buffer.from(keyId).toString('base64').replaceAll('=', '');
  return bare.replace(/^(\$argon2id\$v=\d+\$[^$]*)/, `$1,keyid=${encoded}`);
}

/** Takes the name of the pepper out of a hash. */
export function readKeyId(encoded: string): PhcHash {
  const [, head = '', keyId = '', tail = ''] = keyIdParameter.exec(encoded) ?? [];
  if (head === '') return { bare: encoded, keyId: undefined };
  return { bare: `${head}${tail}`, keyId: Buffer.from(keyId, 'base64').toString() };
}
