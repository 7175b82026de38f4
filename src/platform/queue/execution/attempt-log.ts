import { Injectable, Logger } from '@nestjs/common';
import type { Span } from '@opentelemetry/api';
import { runInRequest } from '../../logging/request-context.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { traceparentOf } from '../../telemetry/tracing.ts';

/** A job and the request that created it, if one did. */
interface RequestedJob {
  readonly jobId: string;
  readonly requestId: string | null;
  readonly traceparent: string | null;
  /** Of the attempt, while tracing is on. */
  readonly span?: Span | undefined;
}

/** An attempt that did not report its outcome: its process died, or was suspended for longer than its lease. */
export interface AbandonedAttempt extends RequestedJob {
  readonly type: string;
  readonly attempt: number;
}

/** The error of a job whose last attempt was abandoned. */
export const attemptAbandoned = {
  name: 'AttemptAbandoned',
  message:
    'The last attempt did not report its outcome: its process died, or lost its database connection for too long.',
};

/** An abandoned attempt, and the new state of its job. */
export interface RescuedJob extends AbandonedAttempt {
  readonly state: 'queued' | 'cancelled' | 'dead';
}

/** Writes the log lines of abandoned attempts, whose own workers cannot, and counts them. */
@Injectable()
export class AbandonedAttemptLog {
  private readonly log = new Logger('Job');
  private readonly count: (labels: { job_type: string; outcome: string }) => void;

  constructor(metrics: Metrics) {
    this.count = metrics.counter({
      name: 'job_attempts_abandoned_total',
      help: 'Attempts that did not report their outcome, and that this process has found; dead: the job has no other.',
      labelNames: ['job_type', 'outcome'],
    });
  }

  writeAll(rescued: readonly RescuedJob[]): void {
    for (const job of rescued) this.write(job, job.state === 'queued' ? 'abandoned' : job.state);
  }

  write(abandoned: AbandonedAttempt, outcome: 'abandoned' | 'cancelled' | 'dead'): void {
    const { jobId, type, attempt } = abandoned;
    this.count({ job_type: type, outcome });
    runInRequestOf(abandoned, () => {
      this.log.warn({ jobId, type, attempt, outcome }, 'job');
    });
  }
}

/** Runs `work` in the context of the request that created the job; without one, the job's id is the request's. */
export function runInRequestOf<T>({ jobId, requestId, traceparent, span }: RequestedJob, work: () => T): T {
  const trace = { traceparent: span === undefined ? (traceparent ?? undefined) : traceparentOf(span), span };
  return runInRequest({ requestId: requestId ?? jobId, ip: undefined, userAgent: undefined, ...trace }, work);
}
