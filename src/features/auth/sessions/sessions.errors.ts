import { Unauthenticated } from '../../../platform/http/auth/auth.errors.ts';
import { RouteNotFound } from '../../../platform/http/problem/http.errors.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** The caller has no active session with this id; the same response as for a path that does not exist. */
export class SessionNotFound extends RouteNotFound {}

/** No user has this id, or the user is deleted. */
export class SessionUserNotFound extends RouteNotFound {}

/** The session of the caller ended after the request had been authenticated. */
export class SessionEnded extends Unauthenticated {
  constructor() {
    super('invalid');
  }
}

/** The refresh token is unknown, expired or used, or its session has ended; the response does not reveal which. */
export class InvalidRefreshToken extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-refresh-token',
    status: 401,
    title: 'Refresh token is invalid',
    description: 'The refresh token is not valid. If it had been used before, its session has been revoked.',
    resolution: 'Log in again; store only the newest refresh token of a session.',
  });

  constructor() {
    super({ headers: { 'WWW-Authenticate': 'Bearer realm="plinth", error="invalid_token"' } });
  }
}

/** A user who was deleted after the request was authenticated is not authenticated any more. */
export async function forCaller<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SessionUserNotFound ? new SessionEnded() : error;
  }
}
