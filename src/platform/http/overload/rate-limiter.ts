import { Inject, Injectable, Logger } from '@nestjs/common';
import { ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply } from 'fastify';
import type { HttpConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { MemoryThrottlerStorage } from './memory-storage.ts';
import { TooManyRequests } from './rate-limit.errors.ts';

const policy = 'default';

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

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
    const { totalHits, timeToExpire } = await this.increment(key, times);
    const remaining = Math.max(0, requests - totalHits);
    void reply
      .header('RateLimit-Policy', `"${policy}";q=${requests};w=${windowSeconds}`)
      .header('RateLimit', `"${policy}";r=${remaining};t=${timeToExpire}`);
    if (totalHits <= requests) return;
    this.countRefusal({ client: key.split(' ', 1)[0] ?? '' });
    throw new TooManyRequests({ headers: { 'Retry-After': String(Math.max(1, timeToExpire)) } });
  }

  /** While the store is unavailable, this process counts in memory. */
  private async increment(key: string, times: number): Promise<StorageRecord> {
    try {
      const record = await this.incrementIn(this.storage, key, times);
      this.failing = false;
      return record;
    } catch (error) {
      if (!this.failing) this.log.warn({ err: error }, 'Rate limit store unavailable; using in-memory limits');
      this.failing = true;
      return await this.incrementIn(this.fallback, key, times);
    }
  }

  private async incrementIn(storage: ThrottlerStorage, key: string, times: number): Promise<StorageRecord> {
    const { requests, windowSeconds } = this.config.rateLimit;
    const window = [key, windowSeconds * 1000, requests, 0, policy] as const;
    if (times === 1) return await storage.increment(...window);
    const records = await Promise.all(Array.from({ length: times }, async () => await storage.increment(...window)));
    return records.reduce((last, record) => (record.totalHits > last.totalHits ? record : last));
  }
}
