import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { validateInput } from '../../validation/validate-input.ts';
import { backoffMs } from './backoff.ts';
import type { Claim } from './claims.repository.ts';
import { ClaimsRepository } from './claims.repository.ts';
import type { JobContext, JobType } from '../job-handler.ts';
import { toPublicError } from './public-error.ts';
import { Lease, JobAborted, withAbortGrace } from './lease.ts';
import { LeasesRepository } from './leases.repository.ts';
import type { JobMessage } from '../dispatch/transport.ts';
import { validateResult } from './validate-result.ts';
import { logAbandoned, runInRequestOf } from './attempt-log.ts';
import { InvalidPayload, InvalidResult, TimedOut, NonRetryableError } from '../queue-errors.ts';
import { QueueTimings } from '../queue-timings.ts';

/** Whether the message is finished, or delivered again a second later. */
export type MessageVerdict = 'done' | 'retry-later';

/** End of an attempt, in its log line. */
type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'released' | 'lease lost' | 'record-failed';

/** The error of a job whose last attempt was abandoned. */
const attemptAbandoned = {
  name: 'AttemptAbandoned',
  message:
    'The last attempt did not report its outcome: its process died, or lost its database connection for too long.',
};

/** Executes attempts: claims the job, calls its handler, and records the outcome, each in a transaction of its own. */
@Injectable()
export class JobExecutor {
  private readonly log = new Logger('Job');
  private readonly running = new Set<Lease>();

  constructor(
    private readonly claims: ClaimsRepository,
    private readonly leases: LeasesRepository,
    private readonly timings: QueueTimings,
  ) {}

  /** Executes the job of the message, if it can be claimed. */
  async run(message: JobMessage, type: JobType): Promise<MessageVerdict> {
    const leaseId = randomUUID();
    const claim = await this.claims.claim(message, leaseId);
    if (claim === undefined) return await this.reject(message, type);
    if (claim.isTakeover) logAbandoned({ ...claim, attempt: claim.attempt - 1 }, 'abandoned');
    await runInRequestOf(claim, async () => {
      await this.attempt(claim, type, leaseId);
    });
    return 'done';
  }

  /** Delays a job whose type this build does not know, without counting an attempt: a newer build executes it. */
  async postpone(message: JobMessage, forMs: number): Promise<void> {
    if (await this.claims.postpone(message, forMs)) return;
    // The relay that sent the message may not have committed before.
    if ((await this.claims.diagnoseClaimFailure(message)) === 'retry-now') await this.claims.postpone(message, forMs);
  }

  /** Stops every running attempt; their jobs are released without losing it. */
  stopAll(): void {
    for (const lease of this.running) lease.stop('shutting down');
  }

  private async reject(message: JobMessage, type: JobType): Promise<MessageVerdict> {
    switch (await this.claims.diagnoseClaimFailure(message)) {
      case 'retry-now':
        return await this.run(message, type);
      case 'retry-later':
        return 'retry-later';
      case 'stale':
        return 'done';
      case 'cancelled':
        await this.claims.end(message, { state: 'cancelled', error: null });
        return 'done';
      case 'exhausted': {
        const abandoned = await this.claims.end(message, { state: 'dead', error: attemptAbandoned });
        if (abandoned !== undefined) logAbandoned(abandoned, 'dead');
        return 'done';
      }
    }
  }

  private async attempt(claim: Claim, type: JobType, leaseId: string): Promise<void> {
    const begin = performance.now();
    const lease = new Lease(this.leases, {
      jobId: claim.jobId,
      id: leaseId,
      timeoutSeconds: type.timeoutSeconds,
      heartbeatIntervalMs: this.timings.heartbeatIntervalMs,
    });
    this.running.add(lease);
    let outcome: Outcome;
    let failure: unknown;
    try {
      await this.execute(claim, type, lease);
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

  private async execute(claim: Claim, type: JobType, lease: Lease): Promise<void> {
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
