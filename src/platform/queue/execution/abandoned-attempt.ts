import { Logger } from '@nestjs/common';
import { runInRequest } from '../../logging/request-context.ts';

/** An attempt that did not report its outcome: its process died, or was suspended for longer than its lease. */
export interface AbandonedAttempt {
  readonly jobId: string;
  readonly type: string;
  readonly attempt: number;
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

const log = new Logger('Job');

/** Writes the log line of an attempt whose own worker cannot. */
export function logAbandoned(abandoned: AbandonedAttempt, outcome: 'abandoned' | 'cancelled' | 'dead'): void {
  const { jobId, type, attempt, requestId, traceparent } = abandoned;
  const context = { requestId: requestId ?? jobId, ip: undefined, userAgent: undefined };
  runInRequest({ ...context, traceparent: traceparent ?? undefined }, () => {
    log.warn({ jobId, type, attempt, outcome }, 'job');
  });
}
