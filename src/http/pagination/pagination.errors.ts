import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** The cursor was not given out for this list, these filters, this sort and this caller. */
export class CursorInvalid extends Problem {
  static override readonly kind = problemKind({
    slug: 'cursor-invalid',
    status: 400,
    title: 'Cursor is invalid',
    meaning: 'The cursor was changed, cut short, or belongs to another list, sort, filter or caller.',
    remedy: 'Start again without `cursor`, or follow the links of the first page unchanged.',
  });
}
