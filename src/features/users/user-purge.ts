import { Injectable } from '@nestjs/common';
import type { RetentionTaskRunner } from '../../platform/feature/feature.ts';
import { UserPurgeRepository } from './user-purge.repository.ts';

/** Permanently deletes users after their origin was removed from the audit log, which may take many batches for one. */
@Injectable()
export class UserPurge implements RetentionTaskRunner {
  constructor(private readonly users: UserPurgeRepository) {}

  async deleteExpired(limit: number, signal: AbortSignal): Promise<number> {
    const ids = await this.users.findNext(limit);
    for (const id of ids) {
      while (await this.users.anonymizeNext(id, limit)) signal.throwIfAborted();
      signal.throwIfAborted();
    }
    return ids.length === 0 ? 0 : await this.users.delete(ids);
  }
}
