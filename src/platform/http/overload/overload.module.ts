import { Module } from '@nestjs/common';
import { ThrottlerStorage } from '@nestjs/throttler';
import { AdmissionController } from './admission-control.ts';
import { MemoryThrottlerStorage } from './memory-storage.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Rate limits and admission control of this process. */
@Module({
  providers: [AdmissionController, RateLimiter, { provide: ThrottlerStorage, useClass: MemoryThrottlerStorage }],
  exports: [AdmissionController, RateLimiter],
})
export class OverloadModule {}
