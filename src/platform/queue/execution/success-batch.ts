import { Injectable } from '@nestjs/common';
import type { Success } from './leases.repository.ts';
import { LeasesRepository } from './leases.repository.ts';

/** Limits the size of one statement. */
const maxBatch = 500;

/** An attempt that waits for its job to be marked as succeeded. */
interface PendingSuccess extends Success {
  readonly resolve: (held: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Marks jobs as succeeded in batches: those that end during one statement share the next one. */
@Injectable()
export class SuccessBatch {
  private pending: PendingSuccess[] = [];
  private isWriting = false;

  constructor(private readonly leases: LeasesRepository) {}

  /** Marks the job as succeeded; false when the lease is lost. */
  async add(success: Success): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.pending.push({ ...success, resolve, reject });
    if (!this.isWriting) void this.writeAll();
    return await promise;
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.pending.length > 0) {
      const batch = this.pending.splice(0, maxBatch);
      try {
        const held = await this.leases.succeedAll(batch);
        for (const { jobId, resolve } of batch) resolve(held.has(jobId));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isWriting = false;
  }
}
