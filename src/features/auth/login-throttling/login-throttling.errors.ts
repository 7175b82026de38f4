import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** The bucket that rejects an attempt, and for how many seconds. */
interface RejectedAttempt {
  readonly name: string;
  readonly limit: number | null;
  readonly windowSeconds: number;
  readonly exposesLimit: boolean;
  readonly seconds: number;
}

/** The limit of an IP address or of an account is exceeded. The credentials of this request were not evaluated. */
export class TooManyAttempts extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-attempts',
    status: 429,
    title: 'Too many attempts',
    description:
      'Too many attempts were made from your IP address or at this account. ' +
      'The request was rejected without evaluating the credentials.',
    resolution: 'Wait for the seconds in `Retry-After`. Existing sessions are not affected.',
  });

  /** Only limits of IP addresses are shown, in the headers of draft-ietf-httpapi-ratelimit-headers-10. */
  constructor({ name, limit, windowSeconds, exposesLimit, seconds }: RejectedAttempt) {
    const wait = Math.max(1, seconds);
    const retry = { 'Retry-After': String(wait) };
    const policy = { 'RateLimit-Policy': `"${name}";q=${limit ?? 0};w=${windowSeconds}` };
    super(
      exposesLimit
        ? { headers: { ...retry, ...policy, RateLimit: `"${name}";r=0;t=${wait}` } }
        : { headers: retry, withoutHeaders: ['RateLimit', 'RateLimit-Policy'] },
    );
  }
}

/** The limit is used up by attempts in progress; their outcome decides whether another one is allowed. */
export class AttemptsInProgress extends Problem {
  static override readonly kind = problemKind({
    slug: 'attempts-in-progress',
    status: 503,
    title: 'Too many attempts at the same time',
    description: 'The limit is used up by attempts that are still in progress.',
    resolution: 'Repeat the request after the seconds in `Retry-After`.',
  });
}
