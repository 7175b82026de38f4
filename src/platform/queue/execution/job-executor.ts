import { Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { validateInput } from '../../validation/validate-input.ts';
import { backoffMs } from './backoff.ts';
import type { Claim } from './claim.ts';
import type { JobContext, JobType } from '../job-handler.ts';
import { toPublicError } from './public-error.ts';
import { Lease, JobAborted, withAbortGrace } from './lease.ts';
import { LeasesRepository } from './leases.repository.ts';
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
    private readonly timings: QueueTimings,
  ) {}

  /** Executes a claimed attempt to its recorded end; never rejects. */
  async execute(claim: Claim, type: JobType): Promise<void> {
    await runInRequestOf(claim, async () => {
      await this.attempt(claim, type);
    });
  }

  /** Stops every running attempt; their jobs are released without losing it. */
  stopAll(): void {
    for (const lease of this.running) lease.stop('shutting down');
  }

  private async attempt(claim: Claim, type: JobType): Promise<void> {
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
      await this.perform(claim, type, lease);
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

  private async perform(claim: Claim, type: JobType, lease: Lease): Promise<void> {
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
    };
    const prepared = await withAbortGrace(lease.signal, async () => await type.handler.prepare?.(payload, context));
    await this.complete(type, lease, async () => await type.handler.run(payload, context, prepared));
  }

  /** Runs the handler's effect and marks the job as succeeded in one transaction. */
  @Transactional()
  private async complete(type: JobType, lease: Lease, run: () => Promise<object>): Promise<void> {
    const result = await withAbortGrace(lease.signal, run);
    const json = await validateResult(type, result);
    await lease.close();
    if (!(await this.leases.succeed(lease.jobId, lease.id, json))) throw new JobAborted('lease lost');
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
