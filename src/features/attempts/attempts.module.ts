import { Module } from '@nestjs/common';
import { AttemptBuckets } from './attempt-buckets.ts';
import { AttemptsRepository } from './attempts.repository.ts';
import { AttemptsService } from './attempts.service.ts';

/** How often somebody may guess. */
@Module({ providers: [AttemptBuckets, AttemptsRepository, AttemptsService], exports: [AttemptsService] })
export class AttemptsModule {}
