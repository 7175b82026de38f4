import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** The cursor was not issued for this list, filter, sort and caller. */
export class InvalidCursor extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-cursor',
    status: 400,
    title: 'Cursor is invalid',
    description: 'The cursor was changed or truncated, or was issued for another list, sort, filter or caller.',
    resolution: 'Request the first page without `cursor`, and use the cursors of its response unchanged.',
  });
}
