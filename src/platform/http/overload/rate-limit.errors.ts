import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** The caller has used up the requests of the window. */
export class TooManyRequests extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-requests',
    status: 429,
    title: 'Too many requests',
    description: 'The rate limit of your user, or of your IP address for unauthenticated requests, is exceeded.',
    resolution:
      'Wait for the seconds in `Retry-After`. `RateLimit` and `RateLimit-Policy` state the remaining and the allowed ' +
      'requests.',
  });
}
