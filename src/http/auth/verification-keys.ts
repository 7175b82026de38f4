import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { AccessChange, AccessChangeListener } from '../../database/access-change.ts';
import { AccessChanges } from '../../database/access-changes.ts';
import { VerificationKeysRepository } from './verification-keys.repository.ts';

/** An unknown kid makes the keys be read again, but not more often than this; while no news is heard, any kid does. */
const reloadEveryMs = 500;

/** The keys that access tokens are checked with, kept in memory as parsed keys until one of them changes. */
@Injectable()
export class VerificationKeys implements OnModuleInit, AccessChangeListener {
  private keys = new Map<string, KeyObject>();
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;
  private news = 0;

  constructor(
    private readonly repository: VerificationKeysRepository,
    private readonly changes: AccessChanges,
  ) {}

  onModuleInit(): void {
    this.changes.subscribe(this);
  }

  /** The key with this thumbprint if it is in memory and can't have been revoked. */
  known(kid: string): KeyObject | undefined {
    return this.changes.areCurrent() || this.isJustLoaded() ? this.keys.get(kid) : undefined;
  }

  /** The key with this RFC 7638 thumbprint, or undefined when the database knows none. */
  async find(kid: string): Promise<KeyObject | undefined> {
    const known = this.known(kid);
    if (known !== undefined || this.isJustLoaded()) return known;
    this.loading ??= this.load().finally(() => (this.loading = undefined));
    await this.loading;
    return this.keys.get(kid);
  }

  changed({ kid }: AccessChange): void {
    if (kid) this.missed();
  }

  missed(): void {
    this.news += 1;
    this.keys = new Map();
    this.loadedAt = -Infinity;
  }

  private isJustLoaded(): boolean {
    return performance.now() - this.loadedAt < reloadEveryMs;
  }

  private async load(): Promise<void> {
    for (let seen = -1; seen !== this.news;) {
      seen = this.news;
      const begun = performance.now();
      const published = await this.repository.findAll();
      this.keys = new Map(published.map(({ kid, publicJwk }) => [kid, parse(publicJwk)]));
      this.loadedAt = begun;
    }
  }
}

function parse(jwk: unknown): KeyObject {
  return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
}
