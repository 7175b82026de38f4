import { Injectable, Logger } from '@nestjs/common';
import { backoffMs } from './backoff.ts';
import { failureOf } from './attempt-failure.ts';
import { runInRequestOf } from './attempt-log.ts';
import { AttemptRunner } from './attempt-runner.ts';
import type { Claim } from './claim.ts';
import type { JobType } from '../job-handler.ts';
import { toPublicError } from './public-error.ts';
import { Lease, JobAborted } from './lease.ts';
import { LeasesRepository } from './leases.repository.ts';
import { TimedOut } from '../queue-errors.ts';
import { QueueTimings } from '../queue-timings.ts';
import { currentRequest } from '../../logging/request-context.ts';
import { reportError } from '../../telemetry/error-reports.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { failSpan, startSpan } from '../../telemetry/tracing.ts';
import { WorkerThreads } from '../threads/worker-threads.ts';

/** End of an attempt. `dead`: the last one has failed. */
type Outcome = 'succeeded' | 'failed' | 'dead' | 'cancelled' | 'released' | 'lease lost' | 'record-failed';

const failures: ReadonlySet<Outcome> = new Set(['failed', 'dead', 'record-failed']);

/** In seconds. */
const durationBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800];

/** Executes claimed attempts: holds their leases, has their handlers called, and records the outcome. */
@Injectable()
export class JobExecutor {
  private readonly log = new Logger('Job');
  private readonly running = new Set<Lease>();
  private readonly observe: (seconds: number, labels: { job_type: string; outcome: string }) => void;

  constructor(
    private readonly leases: LeasesRepository,
    private readonly runner: AttemptRunner,
    private readonly threads: WorkerThreads,
    private readonly timings: QueueTimings,
    metrics: Metrics,
  ) {
    this.observe = metrics.histogram({
      name: 'job_attempt_duration_seconds',
      help: 'Duration of the attempts that this process has executed, by job type and outcome.',
      labelNames: ['job_type', 'outcome'],
      buckets: durationBuckets,
    });
  }

  /**
   * Executes a claimed attempt to its recorded end; never rejects.
   * @param onHandled called when the handler has succeeded and only the COMMIT is left
   */
  async execute(claim: Claim, type: JobType, onHandled?: () => void): Promise<void> {
    const span = startSpan(`process ${claim.type}`, {
      kind: 'CONSUMER',
      traceparent: claim.traceparent,
      attributes: {
        'messaging.operation.type': 'process',
        'messaging.destination.name': type.queue,
        'messaging.message.id': claim.jobId,
        'job.type': claim.type,
        'job.attempt': claim.attempt,
      },
    });
    const outcome = await runInRequestOf({ ...claim, span }, async () => await this.attempt(claim, type, onHandled));
    if (span === undefined) return;
    span.setAttribute('job.outcome', outcome);
    if (failures.has(outcome)) failSpan(span, outcome);
    span.end();
  }

  /** Stops every running attempt; their jobs are released without losing it. */
  stopAll(): void {
    for (const lease of this.running) lease.stop('shutting down');
  }

  private async attempt(claim: Claim, type: JobType, onHandled?: () => void): Promise<Outcome> {
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
      if (type.workerThread) await this.threads.run(inCurrentTrace(claim), lease);
      else await this.runner.run({ claim, type, lease, onHandled });
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
    const durationMs = performance.now() - begin;
    this.observe(durationMs / 1000, { job_type: claim.type, outcome });
    const line = {
      jobId: claim.jobId,
      type: claim.type,
      attempt: claim.attempt,
      outcome: outcome === 'dead' ? 'failed' : outcome,
      queuedMs: Math.round(claim.queuedMs),
      durationMs: Math.round(durationMs),
    };
    if (outcome === 'dead' || outcome === 'record-failed') reportError(failure, { job_type: claim.type });
    if (failures.has(outcome)) this.log.warn({ ...line, err: failure }, 'job');
    else this.log.log(line, 'job');
    return outcome;
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
    const { error, isRetryable } = failureOf(thrown);
    // A handler may throw any error when its signal fires.
    const isTimeout = abortReason === 'timed out' && isRetryable;
    const state = await this.leases.fail(claim.jobId, lease.id, {
      error: isTimeout ? toPublicError(new TimedOut(type.timeoutSeconds)) : error,
      retryInMs: isRetryable ? backoffMs(claim.attempt, this.timings.backoffBaseMs) : null,
    });
    if (state === undefined) return 'lease lost';
    return state === 'queued' ? 'failed' : state;
  }
}

/** The thread continues the trace of the attempt. */
function inCurrentTrace(claim: Claim): Claim {
  return { ...claim, traceparent: currentRequest()?.traceparent ?? claim.traceparent };
}
