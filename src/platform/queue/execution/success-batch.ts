import { Injectable } from '@nestjs/common';
import { Batches } from '../../async/batches.ts';
import type { Success } from './leases.repository.ts';
import { LeasesRepository } from './leases.repository.ts';

/** Limits the size of one statement. */
const maxBatch = 500;

/** Marks jobs as succeeded in batches: those that end during one statement share the next one. */
@Injectable()
export class SuccessBatch {
  private readonly batches = new Batches<Success, boolean>(async (successes) => {
    const held = await this.leases.succeedAll(successes);
    return successes.map(({ jobId }) => held.has(jobId));
  }, maxBatch);

  constructor(private readonly leases: LeasesRepository) {}

  /** Marks the job as succeeded; false when the lease is lost. */
  async add(success: Success): Promise<boolean> {
    return await this.batches.add(success);
  }
}
