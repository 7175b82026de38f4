import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';

/** The refresh token is unknown, expired, used or its session has ended: nobody is told which. */
export class InvalidRefreshToken extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-refresh-token',
    status: 401,
    title: 'Refresh token is invalid',
    meaning: 'The refresh token can no longer be exchanged. If it had been used before, its session has been ended.',
    remedy: 'Log in again; keep only the newest refresh token of a session.',
  });

  constructor() {
    super({ headers: { 'WWW-Authenticate': 'Bearer realm="plinth", error="invalid_token"' } });
  }
}
