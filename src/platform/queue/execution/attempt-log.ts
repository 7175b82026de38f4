import { Logger } from '@nestjs/common';
import { runInRequest } from '../../logging/request-context.ts';

/** A job and the request that created it, if one did. */
interface RequestedJob {
  readonly jobId: string;
  readonly requestId: string | null;
  readonly traceparent: string | null;
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

/** Writes the log line of an attempt whose own worker cannot. */
export function logAbandoned(abandoned: AbandonedAttempt, outcome: 'abandoned' | 'cancelled' | 'dead'): void {
  const { jobId, type, attempt } = abandoned;
  runInRequestOf(abandoned, () => {
    log.warn({ jobId, type, attempt, outcome }, 'job');
  });
}

/** Runs `work` in the context of the request that created the job; without one, the job's id is the request's. */
export function runInRequestOf<T>({ jobId, requestId, traceparent }: RequestedJob, work: () => T): T {
  const client = { ip: undefined, userAgent: undefined };
  return runInRequest({ requestId: requestId ?? jobId, ...client, traceparent: traceparent ?? undefined }, work);
}
