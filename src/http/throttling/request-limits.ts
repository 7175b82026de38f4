import { Inject, Injectable, Logger } from '@nestjs/common';
import { ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply } from 'fastify';
import type { HttpConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { MemoryThrottlerStorage } from './memory-storage.ts';
import { TooManyRequests } from './throttling.errors.ts';

const policy = 'default';

/** How much is too much: so many requests in a window, for each user, and for each address while nobody is logged in. */
@Injectable()
export class RequestLimits {
  private readonly log = new Logger(RequestLimits.name);
  private readonly fallback = new MemoryThrottlerStorage();
  private failing = false;

  constructor(
    @Inject(ThrottlerStorage) private readonly storage: ThrottlerStorage,
    @Inject(configToken('http')) private readonly config: HttpConfig,
  ) {}

  /**
   * Counts a request and tells the caller what is left, in the headers of draft-ietf-httpapi-ratelimit-headers-10.
   * @throws TooManyRequests
   */
  async count(caller: string, reply: FastifyReply): Promise<void> {
    const { requests, windowSeconds } = this.config.rateLimit;
    const { totalHits, timeToExpire } = await this.increment(caller);
    const left = Math.max(0, requests - totalHits);
    void reply
      .header('RateLimit-Policy', `"${policy}";q=${requests};w=${windowSeconds}`)
      .header('RateLimit', `"${policy}";r=${left};t=${timeToExpire}`);
    if (totalHits <= requests) return;
    throw new TooManyRequests({ headers: { 'Retry-After': String(Math.max(1, timeToExpire)) } });
  }

  /** A store that is down must not take the service along: this process counts by itself until it is back. */
  private async increment(caller: string): ReturnType<ThrottlerStorage['increment']> {
    const { requests, windowSeconds } = this.config.rateLimit;
    const window = [caller, windowSeconds * 1000, requests, 0, policy] as const;
    try {
      const record = await this.storage.increment(...window);
      this.failing = false;
      return record;
    } catch (error) {
      if (!this.failing) this.log.warn({ err: error }, 'The store of rate limits fails; this process counts by itself');
      this.failing = true;
      return await this.fallback.increment(caller, windowSeconds * 1000, requests);
    }
  }
}
