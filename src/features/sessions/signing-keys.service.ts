import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { Sealer } from '../../database/sealer.ts';
import { StartRefused } from '../../database/start-refused.ts';
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

  /**
   * For the start: makes sure that the active key can be opened, if there is one already.
   * @throws StartRefused when it was sealed with another APP_SECRET
   */
  async verifySecret(): Promise<void> {
    const stored = await this.keys.findActiveIfMigrated();
    if (stored === undefined) return;
    try {
      this.open(stored);
    } catch (cause) {
      throw new StartRefused(
        "APP_SECRET is not the one that this database's keys are sealed with. Set that one, or, if it is lost, delete the rows of signing_keys: new ones are made, and access tokens end.",
        { cause },
      );
    }
  }

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
    return this.open((await this.keys.findActive()) ?? (await this.create()));
  }

  private open(stored: StoredSigningKey): SigningKey {
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
