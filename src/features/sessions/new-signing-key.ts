import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import type { Sealer } from '../../database/sealer.ts';
import type { NewSigningKey } from './signing-keys.repository.ts';

/** An ES256 key pair, its private half sealed with its RFC 7638 thumbprint as additional data. */
export async function newSigningKey(sealer: Sealer): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
    sealedPrivateKey: sealer.seal(await exportPKCS8(privateKey), kid),
  };
}
