import { Problem } from './problem.ts';
import { problemKind } from './problem-kind.ts';

/** Every attempt of the transaction conflicted with concurrent transactions. */
export class ConcurrentChange extends Problem {
  static override readonly kind = problemKind({
    slug: 'concurrent-change',
    status: 409,
    title: 'Conflict with a concurrent change',
    description: 'Concurrent requests changed the same data. This request changed nothing.',
    resolution: 'Send it again after the seconds in `Retry-After`.',
  });
}

/** A unique constraint is violated. */
export class AlreadyExists extends Problem {
  static override readonly kind = problemKind({
    slug: 'already-exists',
    status: 409,
    title: 'Already exists',
    description: 'A resource with the same unique value exists; `errors` points at the member if it is known.',
    resolution: 'Choose another value, or update the existing resource.',
  });
}

/** A foreign key still references the row. */
export class StillReferenced extends Problem {
  static override readonly kind = problemKind({
    slug: 'still-referenced',
    status: 409,
    title: 'Still referenced',
    description: 'Another resource references this one, so it cannot be deleted or renamed. Nothing was changed.',
    resolution: 'Delete or change the referencing resource first.',
  });
}
