import type { LocatedError } from '../validation/error-pointers.ts';

/** No loaded module has a handler for this type. */
export class UnknownJobType extends Error {
  constructor(readonly type: string) {
    super(`No handler for jobs of type ${type}`);
  }
}

/** The payload does not match its type's class, or is larger than 64 KiB. */
export class InvalidPayload extends Error {
  constructor(readonly errors: readonly LocatedError[]) {
    super(`The payload is invalid: ${errors.map(({ path, detail }) => `${path.join('/')} ${detail}`).join('; ')}`);
  }
}

/** A handler's result does not match its type's class, or is larger than 64 KiB. */
export class InvalidResult extends Error {
  constructor(reason: string) {
    super(`The result of the job does not match its type: ${reason}`);
  }
}

/** Thrown by a handler whose job would fail again: the job is dead at once. */
export class NonRetryableError extends Error {}

/** An attempt exceeded the limit of its type. */
export class TimedOut extends Error {
  constructor(seconds: number) {
    super(`The attempt exceeded its limit of ${seconds} s.`);
  }
}

/** The worker thread of an attempt ended without an error: its handler called `process.exit`. */
export class WorkerThreadExited extends Error {
  constructor(code: number) {
    super(`The worker thread of the attempt ended with exit code ${code}.`);
  }
}
