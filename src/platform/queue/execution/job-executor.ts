import { Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { validateInput } from '../../validation/validate-input.ts';
import { backoffMs } from './backoff.ts';
import type { Claim } from './claim.ts';
import type { JobContext, JobType } from '../job-handler.ts';
import { toPublicError } from './public-error.ts';
import { Lease, JobAborted, withAbortGrace } from './lease.ts';
import { LeasesRepository } from './leases.repository.ts';
import { SuccessBatch } from './success-batch.ts';
import { validateResult } from './validate-result.ts';
import { runInRequestOf } from './attempt-log.ts';
import { InvalidPayload, InvalidResult, TimedOut, NonRetryableError } from '../queue-errors.ts';
import { QueueTimings } from '../queue-timings.ts';

/** End of an attempt, in its log line. */
type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'released' | 'lease lost' | 'record-failed';

/** Executes claimed attempts: calls the handler, and records the outcome. */
@Injectable()
export class JobExecutor {
  private readonly log = new Logger('Job');
  private readonly running = new Set<Lease>();

  constructor(
    private readonly leases: LeasesRepository,
    private readonly successes: SuccessBatch,
    private readonly timings: QueueTimings,
  ) {}

  /**
   * Executes a claimed attempt to its recorded end; never rejects.
   * @param onHandled called when the handler has succeeded and only the COMMIT is left
   */
  async execute(claim: Claim, type: JobType, onHandled?: () => void): Promise<void> {
    await runInRequestOf(claim, async () => {
      await this.attempt(claim, type, onHandled);
    });
  }

  /** Stops every running attempt; their jobs are released without losing it. */
  stopAll(): void {
    for (const lease of this.running) lease.stop('shutting down');
  }

  private async attempt(claim: Claim, type: JobType, onHandled?: () => void): Promise<void> {
    const begin = performance.now();
    const lease = new Lease(this.leases, {
      jobId: claim.jobId,
      id: claim.lease,
      timeoutSeconds: type.timeoutSeconds,
      heartbeatIntervalMs: this.timings.heartbeatIntervalMs,
    });
    this.running.add(lease);
    let outcome: Outcome;
    let failure: unknown;
    try {
      const run = await this.prepare(claim, type, lease);
      if (type.transactional) await this.completeInTransaction(lease, run, onHandled);
      else await this.complete(lease, await run());
      outcome = 'succeeded';
    } catch (error) {
      failure = error;
      outcome = await this.recordFailure(claim, type, lease, error).catch((recordError: unknown) => {
        // The lease expires, and another worker claims the job.
        failure = recordError;
        return 'record-failed' as const;
      });
    } finally {
      this.running.delete(lease);
      await lease.close();
    }
    const line = {
      jobId: claim.jobId,
      type: claim.type,
      attempt: claim.attempt,
      outcome,
      queuedMs: Math.round(claim.queuedMs),
      durationMs: Math.round(performance.now() - begin),
    };
    if (outcome === 'failed' || outcome === 'record-failed') this.log.warn({ ...line, err: failure }, 'job');
    else this.log.log(line, 'job');
  }

  /** Prepares the job, and returns what runs it. */
  private async prepare(claim: Claim, type: JobType, lease: Lease): Promise<() => Promise<string>> {
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
    const prepared = await withAbortGrace(lease.signal, async () => await type.handler.prepare?.(payload, context));
    return async () =>
      await validateResult(
        type,
        await withAbortGrace(lease.signal, async () => await type.handler.run(payload, context, prepared)),
      );
  }

  /** Runs the handler's effect and marks the job as succeeded in one transaction. */
  private async completeInTransaction(lease: Lease, run: () => Promise<string>, onHandled?: () => void): Promise<void> {
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

  private async complete(lease: Lease, json: string): Promise<void> {
    await lease.close();
    if (!(await this.successes.add({ jobId: lease.jobId, lease: lease.id, json }))) throw new JobAborted('lease lost');
  }

  @Transactional()
  private async inTransaction(work: () => Promise<void>): Promise<void> {
    await work();
  }

  private async recordFailure(claim: Claim, type: JobType, lease: Lease, thrown: unknown): Promise<Outcome> {
    await lease.close();
    const reason: unknown = thrown instanceof JobAborted ? thrown : lease.signal.reason;
    const abortReason = reason instanceof JobAborted ? reason.why : undefined;
    if (abortReason === 'lease lost') return 'lease lost';
    if (abortReason === 'shutting down') {
      const state = await this.leases.release(claim.jobId, lease.id);
      return state === 'queued' ? 'released' : (state ?? 'lease lost');
    }
    const isNonRetryable = [NonRetryableError, InvalidPayload, InvalidResult].some((kind) => thrown instanceof kind);
    // A handler may throw any error when its signal fires.
    const failure = abortReason === 'timed out' && !isNonRetryable ? new TimedOut(type.timeoutSeconds) : thrown;
    const retryInMs = isNonRetryable ? null : backoffMs(claim.attempt, this.timings.backoffBaseMs);
    const state = await this.leases.fail(claim.jobId, lease.id, { error: toPublicError(failure), retryInMs });
    if (state === undefined) return 'lease lost';
    return state === 'cancelled' ? 'cancelled' : 'failed';
  }
}
