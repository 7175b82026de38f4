import { Problem } from './problem.ts';
import { problemKind } from './problem-kind.ts';

/** The resource is in another state than the client takes it to be (RFC 9110 §15.5.13). */
export class PreconditionFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'precondition-failed',
    status: 412,
    title: 'Precondition failed',
    meaning:
      'The resource has changed since you read it: its ETag is none of those in `If-Match`. Nothing was changed.',
    remedy: 'Read it again, apply your change to what you find, and send the new ETag.',
  });
}

/** A change that does not say what it is meant to change could undo somebody else's (RFC 6585 §3). */
export class PreconditionRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'precondition-required',
    status: 428,
    title: 'Precondition required',
    meaning: 'This resource is changed and deleted under the condition of `If-Match` only. Nothing was changed.',
    remedy: 'Send the ETag of your last read as `If-Match`, or `*` for whatever is there.',
  });
}
