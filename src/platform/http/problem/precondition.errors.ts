import { Problem } from './problem.ts';
import { problemKind } from './problem-kind.ts';

/** The current state of the resource is none of those in If-Match (RFC 9110 §15.5.13). */
export class PreconditionFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'precondition-failed',
    status: 412,
    title: 'Precondition failed',
    description:
      'The resource has changed since you read it: its ETag is none of those in `If-Match`. Nothing was changed.',
    resolution: 'Read the resource again, apply your change to its current state, and send the new ETag.',
  });
}

/** An unconditional write could overwrite a concurrent update (RFC 6585 §3). */
export class PreconditionRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'precondition-required',
    status: 428,
    title: 'Precondition required',
    description: 'Updating or deleting this resource requires the `If-Match` header. Nothing was changed.',
    resolution: 'Send the ETag of your last read as `If-Match`, or `*` for any current state.',
  });
}
