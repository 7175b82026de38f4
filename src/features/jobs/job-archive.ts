import { Injectable } from '@nestjs/common';
import type { RetentionTaskRunner } from '../../platform/feature/feature.ts';
import { ArchivedJobsRepository } from '../../platform/queue/archived-jobs.repository.ts';

/** Moves jobs that finished a week ago to the archive, and removes archived jobs that finished 30 days ago. */
@Injectable()
export class JobArchive implements RetentionTaskRunner {
  constructor(private readonly jobs: ArchivedJobsRepository) {}

  /** Moves all such jobs, at most `limit` by one statement. Returns how many jobs were removed. */
  async deleteExpired(limit: number, signal: AbortSignal): Promise<number> {
    // Creates the partition of this month before.
    const removed = await this.jobs.expire(limit);
    while ((await this.jobs.archive(limit)) > 0) signal.throwIfAborted();
    return removed;
  }
}
