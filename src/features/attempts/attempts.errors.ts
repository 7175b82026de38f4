import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';

/** What refuses an attempt, and for how many seconds. */
interface Refusal {
  readonly name: string;
  readonly limit: number | null;
  readonly windowSeconds: number;
  readonly isTold: boolean;
  readonly seconds: number;
}

/** Guessed too often, by an address or at an account. Whether the last guess was right is not said. */
export class TooManyAttempts extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-attempts',
    status: 429,
    title: 'Too many attempts',
    meaning:
      'Too many attempts were made from your address, or at this account from anywhere. This one was not looked at: it tells nothing about what was sent.',
    remedy: 'Wait for the seconds in `Retry-After`. Being logged in elsewhere is not affected.',
  });

  /** Tells what is allowed of an address alone, in headers of draft-ietf-httpapi-ratelimit-headers-10. */
  constructor({ name, limit, windowSeconds, isTold, seconds }: Refusal) {
    const wait = Math.max(1, seconds);
    const retry = { 'Retry-After': String(wait) };
    const policy = { 'RateLimit-Policy': `"${name}";q=${limit ?? 0};w=${windowSeconds}` };
    super(
      isTold
        ? { headers: { ...retry, ...policy, RateLimit: `"${name}";r=0;t=${wait}` } }
        : { headers: retry, withoutHeaders: ['RateLimit', 'RateLimit-Policy'] },
    );
  }
}

/** Attempts that are being made right now have taken all that are left; how they end decides about this one. */
export class AttemptsCrowded extends Problem {
  static override readonly kind = problemKind({
    slug: 'attempts-crowded',
    status: 503,
    title: 'Too many attempts at the same time',
    meaning: 'As many attempts as are allowed are being made at this moment, and have not ended in time.',
    remedy: 'Send it again after the seconds in `Retry-After`.',
  });
}
