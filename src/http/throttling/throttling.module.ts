import { Module } from '@nestjs/common';
import { ThrottlerStorage } from '@nestjs/throttler';
import { MemoryThrottlerStorage } from './memory-storage.ts';
import { RequestLimits } from './request-limits.ts';

/** How much is too much. Counters are kept by this process alone. */
@Module({
  providers: [RequestLimits, { provide: ThrottlerStorage, useClass: MemoryThrottlerStorage }],
  exports: [RequestLimits],
})
export class ThrottlingModule {}
