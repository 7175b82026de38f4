import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** More requests than the caller has in the window. */
export class TooManyRequests extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-requests',
    status: 429,
    title: 'Too many requests',
    meaning: 'You, or all who share your address while nobody is logged in, have sent more requests than are allowed.',
    remedy: 'Wait for the seconds in `Retry-After`; `RateLimit` and `RateLimit-Policy` tell what is left and allowed.',
  });
}
