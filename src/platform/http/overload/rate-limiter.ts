import { Inject, Injectable, Logger } from '@nestjs/common';
import { ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply } from 'fastify';
import type { HttpConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { MemoryThrottlerStorage } from './memory-storage.ts';
import { TooManyRequests } from './rate-limit.errors.ts';

const policy = 'default';

/** Limits the requests in a window for each user, and for each IP address of unauthenticated clients. */
@Injectable()
export class RateLimiter {
  private readonly log = new Logger(RateLimiter.name);
  private readonly fallback = new MemoryThrottlerStorage();
  private failing = false;
  private readonly countRefusal: (labels: { client: string }) => void;

  constructor(
    @Inject(ThrottlerStorage) private readonly storage: ThrottlerStorage,
    @Inject(configToken('http')) private readonly config: HttpConfig,
    metrics: Metrics,
  ) {
    this.countRefusal = metrics.counter({
      name: 'http_server_rate_limit_refusals_total',
      help: 'Requests that the rate limit has refused with 429, by the kind of the limited client.',
      labelNames: ['client'],
    });
  }

  /**
   * Counts a request and sets RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10).
   * @param key the rateLimitKey() of the request
   * @param times the number of requests that it counts as
   * @throws TooManyRequests
   */
  async count(key: string, reply: FastifyReply, times = 1): Promise<void> {
    const { requests, windowSeconds } = this.config.rateLimit;
    if (times > 1) await Promise.all(Array.from({ length: times - 1 }, async () => await this.increment(key)));
    const { totalHits, timeToExpire } = await this.increment(key);
    const remaining = Math.max(0, requests - totalHits);
    void reply
      .header('RateLimit-Policy', `"${policy}";q=${requests};w=${windowSeconds}`)
      .header('RateLimit', `"${policy}";r=${remaining};t=${timeToExpire}`);
    if (totalHits <= requests) return;
    this.countRefusal({ client: key.split(' ', 1)[0] ?? '' });
    throw new TooManyRequests({ headers: { 'Retry-After': String(Math.max(1, timeToExpire)) } });
  }

  /** While the store is unavailable, this process counts in memory. */
  private async increment(key: string): ReturnType<ThrottlerStorage['increment']> {
    const { requests, windowSeconds } = this.config.rateLimit;
    const window = [key, windowSeconds * 1000, requests, 0, policy] as const;
    try {
      const record = await this.storage.increment(...window);
      this.failing = false;
      return record;
    } catch (error) {
      if (!this.failing) this.log.warn({ err: error }, 'Rate limit store unavailable; using in-memory limits');
      this.failing = true;
      return await this.fallback.increment(key, windowSeconds * 1000, requests);
    }
  }
}
