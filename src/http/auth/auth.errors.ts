import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** Nobody said who they are, or the token that says it is not good. */
export class Unauthenticated extends Problem {
  static override readonly kind = problemKind({
    slug: 'unauthenticated',
    status: 401,
    title: 'Authentication is required',
    meaning: 'The request has no access token, or one that is malformed, expired or revoked.',
    remedy: 'Send `Authorization: Bearer <access token>`; refresh the token or log in again.',
  });

  constructor(reason: 'missing' | 'invalid' = 'missing') {
    // RFC 6750 §3.1: no error code when no credentials were sent.
    const challenge = reason === 'missing' ? 'Bearer realm="plinth"' : 'Bearer realm="plinth", error="invalid_token"';
    super({ headers: { 'WWW-Authenticate': challenge } });
  }
}

/** The caller is known and may not do this. */
export class Forbidden extends Problem {
  static override readonly kind = problemKind({
    slug: 'forbidden',
    status: 403,
    title: 'Permission is missing',
    meaning:
      'You are logged in, and your roles do not include a permission that this operation needs, or one that you held when you first sent this `Idempotency-Key`.',
    remedy: 'Ask an administrator for the permission; repeating the request will not help.',
  });
}
