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

/** The authentication is too old, or was made with fewer factors than the operation requires (RFC 9470 §3). */
export class ReauthenticationRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'reauthentication-required',
    status: 401,
    title: 'Recent authentication is required',
    description:
      'The access token is valid, but its user authenticated too long ago, by magic link only, or without the second ' +
      'factor of the account. An API key is never enough.',
    resolution:
      'Call `POST /v1/auth/reauthenticate` and repeat the request with the access token of the response. Refreshing ' +
      'the token does not help.',
  });

  /** @param acrValues the accepted authentication context classes, in order of preference */
  constructor(acrValues: string, maxAgeSeconds: number) {
    const challenge = `acr_values="${acrValues}", max_age="${maxAgeSeconds}"`;
    super({ headers: { 'WWW-Authenticate': `Bearer error="insufficient_user_authentication", ${challenge}` } });
  }
}

/** A role of the caller requires a second factor, and the caller has none. */
export class MfaEnrolmentRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'mfa-enrolment-required',
    status: 403,
    title: 'Second factor is required',
    description:
      'One of your roles requires a second factor, and your account has none. Until it has one, you can only add ' +
      'one, read your account and log out; your API keys are refused.',
    resolution: 'Add a second factor, such as an authenticator app (`POST /v1/auth/mfa/totp`).',
  });
}

/** The caller is authenticated and lacks a permission. */
export class Forbidden extends Problem {
  static override readonly kind = problemKind({
    slug: 'forbidden',
    status: 403,
    title: 'Permission is missing',
    description:
      'Your roles, or the scopes of your API key, do not grant a permission that this operation requires, or one ' +
      'that you held when you first sent this `Idempotency-Key`; or the operation does not accept API keys.',
    resolution: 'Request the permission from an administrator; repeating the request cannot succeed.',
  });
}
