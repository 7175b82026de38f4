import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { endOfPeriod } from '../../async/end-of-period.ts';
import type { AuthConfig, ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { clientIp } from '../server/client-ip.ts';
import { ApiKeyCache } from './api-key-cache.ts';
import { apiKeyDigest, isApiKey } from '../../crypto/api-key-format.ts';
import { ApiKeyUsage } from './api-key-usage.ts';
import type { AuthenticatedRequest, Principal } from './principal.ts';
import { missingCredentials } from './token-header.ts';

/** Limits guesses of API keys by IP address; the feature api-keys implements it. */
export abstract class ApiKeyFailures {
  /**
   * Counts an invalid API key.
   * @throws TooManyRequests when the limit of the IP address is exceeded
   */
  abstract count(ip: string): Promise<void>;
}

/** The API key that a request presents, whether or not it is valid. */
export function apiKeyOf({ headers }: Pick<AuthenticatedRequest, 'headers'>): string | undefined {
  return headers['x-api-key']?.toString();
}

/**
 * Authenticates API keys in the header `X-API-Key`. A malformed key is refused without a query; a valid key is never
 * refused because of the failures of others at the same IP address.
 */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(passport.Strategy, 'api-key') {
  private readonly prefix: string;

  constructor(
    private readonly keys: ApiKeyCache,
    private readonly usage: ApiKeyUsage,
    private readonly failures: ApiKeyFailures,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
    @Inject(configToken('service')) { environment }: ServiceConfig,
  ) {
    super();
    this.prefix = `sk_${environment}_`;
  }

  /** Called by Passport. Fails for a missing or invalid key, errors when the key cannot be read. */
  override authenticate(request: unknown): void {
    const received = request as AuthenticatedRequest;
    const key = apiKeyOf(received);
    if (key === undefined) {
      this.fail(missingCredentials, 401);
      return;
    }
    this.validate(key, clientIp(received)).then(
      (principal) => {
        if (principal === undefined) this.fail('invalid API key', 401);
        else this.success(principal);
      },
      (error: unknown) => {
        this.error(error);
      },
    );
  }

  /** @throws TooManyRequests */
  async validate(key: string, ip: string): Promise<Principal | undefined> {
    if (!key.startsWith(this.prefix) || !isApiKey(key)) return undefined;
    const digest = apiKeyDigest(key);
    const found = this.keys.findCached(digest) ?? (await this.findOrCount(digest, ip));
    if (found === undefined) return undefined;
    this.usage.record(found.apiKeyId);
    const { userId, apiKeyId, permissions, mfaMissing } = found;
    return { userId, apiKeyId, permissions, mfaMissing };
  }

  /**
   * The time of a failure does not reveal its cause (see PadResponseTime): the key may be unknown, revoked or expired, or
   * its owner disabled.
   */
  private async findOrCount(digest: string, ip: string): ReturnType<ApiKeyCache['find']> {
    const start = performance.now();
    const found = await this.keys.find(digest);
    if (found !== undefined) return found;
    try {
      await this.failures.count(ip);
    } finally {
      await endOfPeriod({ start, periodMs: this.config.responseTimePeriodMs });
    }
    return undefined;
  }
}
