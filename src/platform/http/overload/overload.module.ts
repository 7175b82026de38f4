import { Module } from '@nestjs/common';
import { ThrottlerStorage } from '@nestjs/throttler';
import { AdmissionController } from './admission-control.ts';
import { MemoryThrottlerStorage } from './memory-storage.ts';
import { SharedRedis } from '../../redis/shared-redis.ts';
import { RateLimiter } from './rate-limiter.ts';
import { RedisThrottlerStorage } from './redis-storage.ts';

/** Rate limits, counted for all processes when they share a Redis, and admission control of this process. */
@Module({
  providers: [
    AdmissionController,
    RateLimiter,
    {
      provide: ThrottlerStorage,
      inject: [SharedRedis],
      useFactory: ({ connection }: SharedRedis) =>
        connection === undefined ? new MemoryThrottlerStorage() : new RedisThrottlerStorage(connection),
    },
  ],
  exports: [AdmissionController, RateLimiter],
})
export class OverloadModule {}
