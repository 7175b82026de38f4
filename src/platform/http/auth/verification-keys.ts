import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { AccessInvalidation, AccessInvalidationListener } from '../../cache-invalidation/access-invalidation.ts';
import { AccessInvalidationBus } from '../../cache-invalidation/access-invalidation-bus.ts';
import { VerificationKeysRepository } from './verification-keys.repository.ts';

/**
 * The shortest interval between two loads, which an unknown kid triggers. While the invalidation bus is disconnected,
 * every kid triggers one.
 */
const minReloadIntervalMs = 500;

/** The public keys that verify access tokens, cached as parsed keys until one of them changes. */
@Injectable()
export class VerificationKeys implements OnModuleInit, AccessInvalidationListener {
  private keys = new Map<string, KeyObject>();
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;
  private generation = 0;

  constructor(
    private readonly repository: VerificationKeysRepository,
    private readonly invalidations: AccessInvalidationBus,
  ) {}

  onModuleInit(): void {
    this.invalidations.subscribe(this);
  }

  /** The key with this thumbprint (RFC 7638) if it is cached and cannot have been revoked since. */
  findCached(kid: string): KeyObject | undefined {
    return this.invalidations.isUpToDate() || this.isJustLoaded() ? this.keys.get(kid) : undefined;
  }

  /** The key with this thumbprint (RFC 7638), or undefined when the database has none. */
  async find(kid: string): Promise<KeyObject | undefined> {
    const cached = this.findCached(kid);
    if (cached !== undefined || this.isJustLoaded()) return cached;
    this.loading ??= this.load().finally(() => (this.loading = undefined));
    await this.loading;
    return this.keys.get(kid);
  }

  onInvalidation({ kid }: AccessInvalidation): void {
    if (kid) this.invalidateAll();
  }

  invalidateAll(): void {
    this.generation += 1;
    this.keys = new Map();
    this.loadedAt = -Infinity;
  }

  private isJustLoaded(): boolean {
    return performance.now() - this.loadedAt < minReloadIntervalMs;
  }

  private async load(): Promise<void> {
    // Loads again when an invalidation arrived meanwhile.
    for (let loaded = -1; loaded !== this.generation;) {
      loaded = this.generation;
      const startedAt = performance.now();
      const published = await this.repository.findAll();
      this.keys = new Map(published.map(({ kid, publicJwk }) => [kid, parse(publicJwk)]));
      this.loadedAt = startedAt;
    }
  }
}

function parse(jwk: unknown): KeyObject {
  return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
}
