import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import type {
  AccessInvalidation,
  AccessInvalidationListener,
} from '../../../platform/cache-invalidation/access-invalidation.ts';
import { AccessInvalidationBus } from '../../../platform/cache-invalidation/access-invalidation-bus.ts';
import { Cache } from '../../../platform/cache/cache.ts';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { StartupError } from '../../../platform/config/startup-error.ts';
import type { NewSigningKey, StoredSigningKey } from './signing-keys.repository.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';

/** Both times and the max-age of clients are less than a key is published before it signs (key-rotation.service.ts). */
const keySet = { key: 'signing-keys:jwks', ttlMs: 60_000, staleMs: 180_000 };

/** The key that signs new tokens. */
export interface SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** ES256 key pairs: public halves are published, private halves are encrypted at rest and cached in memory in use. */
@Injectable()
export class SigningKeysService implements OnModuleInit, AccessInvalidationListener {
  private cached: Promise<SigningKey> | undefined;

  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly encryptor: Encryptor,
    private readonly invalidations: AccessInvalidationBus,
    private readonly cache: Cache,
  ) {}

  onModuleInit(): void {
    this.invalidations.subscribe(this);
  }

  /**
   * Verifies at startup that the active and the next key, if they exist, can be decrypted.
   * @throws StartupError when they were encrypted with another APP_SECRET
   */
  async verifySecret(): Promise<void> {
    const stored = await this.keys.findEncryptedIfMigrated();
    try {
      for (const key of stored) this.decrypt(key);
    } catch (cause) {
      throw new StartupError(
        "APP_SECRET is not the one that this database's keys are encrypted with. Set that one (or add it to APP_SECRET_PREVIOUS), or, if it is lost, " +
          'delete the rows of signing_keys: new keys are created, and all access tokens become invalid.',
        { cause },
      );
    }
  }

  /**
   * The active key. It is cached until a key changes, and not cached while invalidations are not received, so that a
   * revoked key signs no more tokens. The first call on an empty database creates it.
   */
  async active(): Promise<SigningKey> {
    if (this.cached !== undefined && this.invalidations.isUpToDate()) return await this.cached;
    const key = this.readActive();
    this.cached = key;
    key.catch(() => {
      if (this.cached === key) this.cached = undefined;
    });
    return await key;
  }

  /** The active key as it is stored: no cache, and so no connection for its invalidation. Creates the first key. */
  async readActive(): Promise<SigningKey> {
    return this.decrypt((await this.keys.findActive()) ?? (await this.create()));
  }

  onInvalidation({ kid }: AccessInvalidation): void {
    if (kid) this.invalidateAll();
  }

  invalidateAll(): void {
    this.cached = undefined;
    this.cache.evict(keySet.key);
  }

  /**
   * The public keys (RFC 7517) of all keys whose tokens may still be valid, cached until a key changes. While the database
   * is unavailable, those of the last minutes.
   */
  async published(): Promise<unknown[]> {
    return await this.cache.getOrLoad(keySet, async () => {
      await this.active();
      return await this.keys.findPublicJwks();
    });
  }

  private decrypt(stored: StoredSigningKey): SigningKey {
    const pem = this.encryptor.decrypt(stored.encryptedPrivateKey, stored.kid);
    return { kid: stored.kid, privateKey: createPrivateKey(pem) };
  }

  private async create(): Promise<StoredSigningKey> {
    await this.keys.insertFirst(await generateSigningKey(this.encryptor), await generateSigningKey(this.encryptor));
    const stored = await this.keys.findActive();
    if (stored === undefined) throw new Error('No signing key is active although one was just stored');
    return stored;
  }
}

/** Generates an ES256 key pair. Its private half is encrypted with its RFC 7638 thumbprint as additional data. */
export async function generateSigningKey(encryptor: Encryptor): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
    encryptedPrivateKey: encryptor.encrypt(await exportPKCS8(privateKey), kid),
  };
}
