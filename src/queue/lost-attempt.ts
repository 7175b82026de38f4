import { Logger } from '@nestjs/common';
import { runInRequest } from '../logging/request-context.ts';

/** An attempt that did not tell how it ended: its process died or slept past its lease. */
export interface LostAttempt {
  readonly jobId: string;
  readonly type: string;
  readonly attempt: number;
  readonly requestId: string | null;
  readonly traceparent: string | null;
}

const log = new Logger('Job');

/** Writes the one line of an attempt in the place of its worker. */
export function logLost(lost: LostAttempt, outcome: 'abandoned' | 'cancelled' | 'dead'): void {
  const { jobId, type, attempt, requestId, traceparent } = lost;
  const context = { requestId: requestId ?? jobId, ip: undefined, userAgent: undefined };
  runInRequest({ ...context, traceparent: traceparent ?? undefined }, () => {
    log.warn({ jobId, type, attempt, outcome }, 'job');
  });
}
