import { Module } from '@nestjs/common';
import { RetentionCleanupJob } from './retention-cleanup.job.ts';
import { RetentionRepository } from './retention.repository.ts';

/** Deletes the rows that features declare as expired. */
@Module({ providers: [RetentionCleanupJob, RetentionRepository] })
export class RetentionModule {}
