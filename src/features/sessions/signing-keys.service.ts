import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { AccessChange, AccessChangeListener } from '../../database/access-change.ts';
import { AccessChanges } from '../../database/access-changes.ts';
import { Sealer } from '../../database/sealer.ts';
import { StartRefused } from '../../database/start-refused.ts';
import { newSigningKey } from './new-signing-key.ts';
import type { StoredSigningKey } from './signing-keys.repository.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';

/** The key that signs now. */
export interface SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** ES256 key pairs: public halves published, private halves sealed at rest and kept in memory while in use. */
@Injectable()
export class SigningKeysService implements OnModuleInit, AccessChangeListener {
  private cached: Promise<SigningKey> | undefined;

  constructor(
    private readonly keys: SigningKeysRepository,
    private readonly sealer: Sealer,
    private readonly changes: AccessChanges,
  ) {}

  onModuleInit(): void {
    this.changes.subscribe(this);
  }

  /**
   * For every start: makes sure that the keys which sign now and next can be opened, if there are any already.
   * @throws StartRefused when it was sealed with another APP_SECRET
   */
  async verifySecret(): Promise<void> {
    const stored = await this.keys.findSealedIfMigrated();
    try {
      for (const key of stored) this.open(key);
    } catch (cause) {
      throw new StartRefused(
        "APP_SECRET is not the one that this database's keys are sealed with. Set that one, or, if it is lost, delete the rows of signing_keys: new ones are made, and access tokens end.",
        { cause },
      );
    }
  }

  /**
   * The active key, asked for anew when a key has changed, and each time while changes are not heard: a key that was
   * revoked signs nothing more. The first call on an empty database makes it.
   */
  async active(): Promise<SigningKey> {
    if (this.cached !== undefined && this.changes.areCurrent()) return await this.cached;
    const key = this.load();
    this.cached = key;
    key.catch(() => {
      if (this.cached === key) this.cached = undefined;
    });
    return await key;
  }

  changed({ kid }: AccessChange): void {
    if (kid) this.missed();
  }

  missed(): void {
    this.cached = undefined;
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
    await this.keys.insertFirst(await newSigningKey(this.sealer), await newSigningKey(this.sealer));
    const stored = await this.keys.findActive();
    if (stored === undefined) throw new Error('No signing key is active although one was just stored');
    return stored;
  }
}
