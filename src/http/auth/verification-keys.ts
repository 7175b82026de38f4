import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { VerificationKeysRepository } from './verification-keys.repository.ts';

/** An unknown kid makes the keys be read again, but not more often than this. */
const reloadEveryMs = 1000;

/** The keys that access tokens are checked with, kept in memory as parsed keys. */
@Injectable()
export class VerificationKeys {
  private keys = new Map<string, KeyObject>();
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(private readonly repository: VerificationKeysRepository) {}

  /** The key with this thumbprint if it is in memory. */
  known(kid: string): KeyObject | undefined {
    return this.keys.get(kid);
  }

  /** The key with this RFC 7638 thumbprint, or undefined when the database knows none. */
  async find(kid: string): Promise<KeyObject | undefined> {
    const known = this.keys.get(kid);
    if (known !== undefined) return known;
    if (performance.now() - this.loadedAt < reloadEveryMs) return undefined;
    this.loading ??= this.load().finally(() => (this.loading = undefined));
    await this.loading;
    return this.keys.get(kid);
  }

  private async load(): Promise<void> {
    const published = await this.repository.findAll();
    this.keys = new Map(published.map(({ kid, publicJwk }) => [kid, parse(publicJwk)]));
    this.loadedAt = performance.now();
  }
}

function parse(jwk: unknown): KeyObject {
  return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
}
