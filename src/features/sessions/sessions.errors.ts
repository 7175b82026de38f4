import { RouteNotFound } from '../../http/problem/edge.errors.ts';
import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';

/** The caller has no live session of this id; the same reply as for a path that does not exist. */
export class SessionNotFound extends RouteNotFound {}

/** No live user has this id. */
export class SessionsOfNobody extends RouteNotFound {}

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
