import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { Sealer } from '../../database/sealer.ts';
import type { StoredSigningKey } from './signing-keys.repository.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';

/** The key that signs now. */
export interface SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** How long a process goes on signing with a key before it asks which one is active. */
const cacheMs = 60_000;

/** ES256 key pairs: public halves published, private halves sealed at rest and kept in memory while in use. */
@Injectable()
export class SigningKeysService {
  private cached: { readonly key: Promise<SigningKey>; readonly until: number } | undefined;

  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly sealer: Sealer,
  ) {}

  /** The active key; the first call on an empty database makes it. */
  async active(): Promise<SigningKey> {
    if (this.cached === undefined || performance.now() > this.cached.until) {
      const key = this.load();
      this.cached = { key, until: performance.now() + cacheMs };
      key.catch(() => (this.cached = undefined));
    }
    return await this.cached.key;
  }

  /** The JSON Web Key Set (RFC 7517) of every key whose tokens may still be good. */
  async published(): Promise<unknown[]> {
    await this.active();
    return await this.keys.findPublicJwks();
  }

  private async load(): Promise<SigningKey> {
    const stored = (await this.keys.findActive()) ?? (await this.create());
    const pem = this.sealer.open(stored.sealedPrivateKey, stored.kid);
    return { kid: stored.kid, privateKey: createPrivateKey(pem) };
  }

  private async create(): Promise<StoredSigningKey> {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    await this.keys.insertActive({
      kid,
      publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
      sealedPrivateKey: this.sealer.seal(await exportPKCS8(privateKey), kid),
    });
    const stored = await this.keys.findActive();
    if (stored === undefined) throw new Error('No signing key is active although one was just stored');
    return stored;
  }
}
