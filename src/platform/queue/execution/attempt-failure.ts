import type { JobError } from '../job.ts';
import { InvalidPayload, InvalidResult, NonRetryableError } from '../queue-errors.ts';
import { toPublicError } from './public-error.ts';

/** Why an attempt has failed. */
export interface AttemptFailure {
  /** What the job's owner can read. */
  readonly error: JobError;
  readonly isRetryable: boolean;
}

/** An error that was thrown in a worker thread: only the text of such an error reaches the main thread. */
export class WorkerThreadError extends Error {
  /** @param thrown the message and the stack of the error, for the log */
  constructor(
    thrown: { readonly message: string; readonly stack: string },
    readonly failure: AttemptFailure,
  ) {
    super(thrown.message);
    this.stack = thrown.stack;
  }
}

/** Describes what an attempt threw. */
export function failureOf(thrown: unknown): AttemptFailure {
  if (thrown instanceof WorkerThreadError) return thrown.failure;
  const isRetryable = ![NonRetryableError, InvalidPayload, InvalidResult].some((kind) => thrown instanceof kind);
  return { error: toPublicError(thrown), isRetryable };
}
