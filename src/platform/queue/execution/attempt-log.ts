import { Logger } from '@nestjs/common';
import type { Span } from '@opentelemetry/api';
import { runInRequest } from '../../logging/request-context.ts';
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

const log = new Logger('Job');

/** An abandoned attempt, and the new state of its job. */
export interface RescuedJob extends AbandonedAttempt {
  readonly state: 'queued' | 'cancelled' | 'dead';
}

/** Writes the log lines of abandoned attempts. */
export function logRescued(rescued: readonly RescuedJob[]): void {
  for (const job of rescued) logAbandoned(job, job.state === 'queued' ? 'abandoned' : job.state);
}

/** Writes the log line of an attempt whose own worker cannot. */
export function logAbandoned(abandoned: AbandonedAttempt, outcome: 'abandoned' | 'cancelled' | 'dead'): void {
  const { jobId, type, attempt } = abandoned;
  runInRequestOf(abandoned, () => {
    log.warn({ jobId, type, attempt, outcome }, 'job');
  });
}

/** Runs `work` in the context of the request that created the job; without one, the job's id is the request's. */
export function runInRequestOf<T>({ jobId, requestId, traceparent, span }: RequestedJob, work: () => T): T {
  const trace = { traceparent: span === undefined ? (traceparent ?? undefined) : traceparentOf(span), span };
  return runInRequest({ requestId: requestId ?? jobId, ip: undefined, userAgent: undefined, ...trace }, work);
}
