import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { validateInput } from '../../validation/validate-input.ts';
import type { JobContext, JobType } from '../job-handler.ts';
import { InvalidPayload } from '../queue-errors.ts';
import type { Claim } from './claim.ts';
import type { AttemptLease } from './lease.ts';
import { JobAborted } from './lease.ts';
import { LeasesRepository } from './leases.repository.ts';
import { SuccessBatch } from './success-batch.ts';
import { validateResult } from './validate-result.ts';

/** A claimed attempt, the type of its job, and its lease. */
export interface AttemptToRun {
  readonly claim: Claim;
  readonly type: JobType;
  readonly lease: AttemptLease;
  /** Called when the handler has succeeded and only the COMMIT is left. */
  readonly onHandled?: (() => void) | undefined;
}

/** Calls the handler of an attempt and marks its job as succeeded, in the main thread or in a worker thread. */
@Injectable()
export class AttemptRunner {
  constructor(
    private readonly leases: LeasesRepository,
    private readonly successes: SuccessBatch,
  ) {}

  /**
   * Resolves when the job is marked as succeeded.
   * @throws JobAborted when the attempt was stopped or has lost its lease; otherwise what the handler throws
   */
  async run(attempt: AttemptToRun): Promise<void> {
    const run = await this.prepare(attempt);
    if (attempt.type.transactional) await this.completeInTransaction(attempt, run);
    else await this.complete(attempt.lease, await run());
  }

  /** Prepares the job, and returns what runs it. */
  private async prepare({ claim, type, lease }: AttemptToRun): Promise<() => Promise<string>> {
    const { value: payload, errors } = await validateInput(type.payload, claim.payload);
    if (payload === undefined) throw new InvalidPayload(errors);
    const context: JobContext = {
      jobId: claim.jobId,
      ownerId: claim.ownerId,
      attempt: claim.attempt,
      lease: lease.id,
      signal: lease.signal,
      progress: (done, total) => {
        lease.progress(done, total);
      },
      fenceTransaction: () => {
        this.leases.holdAtCommit(claim.jobId, lease.id);
      },
    };
    const prepared = await lease.callHandler(async () => await type.handler.prepare?.(payload, context));
    return async () =>
      await validateResult(
        type,
        await lease.callHandler(async () => await type.handler.run(payload, context, prepared)),
      );
  }

  /** Runs the handler's effect and marks the job as succeeded in one transaction. */
  private async completeInTransaction({ lease, onHandled }: AttemptToRun, run: () => Promise<string>): Promise<void> {
    const step = { isAtCommit: false };
    try {
      await this.inTransaction(async () => {
        // A transaction that conflicts with others is run again.
        step.isAtCommit = false;
        const json = await run();
        await lease.close();
        step.isAtCommit = true;
        this.leases.succeedAtCommit({ jobId: lease.jobId, lease: lease.id, json });
        onHandled?.();
      });
    } catch (error) {
      if (step.isAtCommit && this.leases.isLeaseLost(error)) throw new JobAborted('lease lost');
      throw error;
    }
  }

  private async complete(lease: AttemptLease, json: string): Promise<void> {
    await lease.close();
    if (!(await this.successes.add({ jobId: lease.jobId, lease: lease.id, json }))) throw new JobAborted('lease lost');
  }

  @Transactional()
  private async inTransaction(work: () => Promise<void>): Promise<void> {
    await work();
  }
}
