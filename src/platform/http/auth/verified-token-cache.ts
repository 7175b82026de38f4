import { hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../../async/bounded-map.ts';
import type { Authentication } from './principal.ts';
import { VerificationKeys } from './verification-keys.ts';

/** The claims of an access token that are used. */
export interface Claims {
  readonly sub: string;
  readonly sid: string;
  /** Seconds since 1970. */
  readonly exp: number;
  readonly authentication: Authentication;
}

interface CachedToken {
  readonly claims: Claims;
  readonly kid: string;
  readonly key: KeyObject;
}

/** Beyond this number, the oldest entries are evicted and verified again on demand. */
const maxTokens = 10_000;

/**
 * Caches verified tokens by their SHA-256, so that each signature is verified once. An entry is evicted when the token
 * has expired or its key is no longer known. The session is checked separately, on each request.
 */
@Injectable()
export class VerifiedTokenCache {
  private readonly entries = new BoundedMap<string, CachedToken>(maxTokens);

  constructor(private readonly keys: VerificationKeys) {}

  /** The claims of a token that was verified before and expired less than `toleranceSeconds` ago, if at all. */
  find(token: string, toleranceSeconds: number): Claims | undefined {
    const digest = digestOf(token);
    const found = this.entries.get(digest);
    if (found === undefined) return undefined;
    const isExpired = Date.now() / 1000 >= found.claims.exp + toleranceSeconds;
    if (!isExpired && this.keys.findCached(found.kid) === found.key) return found.claims;
    this.entries.delete(digest);
    return undefined;
  }

  /** Stores a token that was verified with the key of this kid. */
  store(token: string, claims: Claims, kid: string): void {
    const key = this.keys.findCached(kid);
    if (key === undefined) return;
    this.entries.set(digestOf(token), { claims, kid, key });
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
