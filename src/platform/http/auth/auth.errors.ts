import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** The request has no valid access token (RFC 6750 §3) and no valid API key. */
export class Unauthenticated extends Problem {
  static override readonly kind = problemKind({
    slug: 'unauthenticated',
    status: 401,
    title: 'Authentication is required',
    description:
      'The request has neither an access token nor an API key, or one that is malformed, expired or revoked.',
    resolution:
      'Send `Authorization: Bearer <access token>`, and refresh the token or log in again; or send `X-API-Key`.',
  });

  constructor(reason: 'missing' | 'invalid' = 'missing') {
    // RFC 6750 §3.1: no error code when no credentials were sent.
    const challenge = reason === 'missing' ? 'Bearer realm="plinth"' : 'Bearer realm="plinth", error="invalid_token"';
    super({ headers: { 'WWW-Authenticate': challenge } });
  }
}

/** The caller is authenticated and lacks a permission. */
export class Forbidden extends Problem {
  static override readonly kind = problemKind({
    slug: 'forbidden',
    status: 403,
    title: 'Permission is missing',
    description:
      'Your roles, or the scopes of your API key, do not grant a permission that this operation requires, or one that ' +
      'you held when you first sent this `Idempotency-Key`; or the operation does not accept API keys.',
    resolution: 'Request the permission from an administrator; repeating the request cannot succeed.',
  });
}
