import { RouteNotFound, ValidationFailed } from '../../../platform/http/problem/http.errors.ts';
import { invalidMembers, Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** The user has no API key with this id, or it is revoked; the same response as for a path that does not exist. */
export class ApiKeyNotFound extends RouteNotFound {}

/** The expiry is in the past or too late. */
export class ApiKeyExpiryInvalid extends ValidationFailed {
  constructor(detail: string) {
    super(invalidMembers([{ path: ['expiresAt'], code: 'out_of_range', detail }]));
  }
}

/** A scope is not one of the caller's permissions. */
export class ApiKeyScopeNotHeld extends Problem {
  static override readonly kind = problemKind({
    slug: 'api-key-scope-not-held',
    status: 403,
    title: 'Scope is not a permission of the caller',
    description: 'An API key can have only scopes that are permissions of its owner. No key was created.',
    resolution: 'Request scopes from `permissions` of GET /v1/users/me.',
  });
}

/** The user has as many API keys as are allowed. */
export class TooManyApiKeys extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-api-keys',
    status: 409,
    title: 'Too many API keys',
    description: 'The account has as many API keys as are allowed. No key was created.',
    resolution: 'Revoke a key that is not used any more, or wait until a replaced one has expired.',
  });
}

/** The key has expired or was rotated before. */
export class ApiKeyNotRotatable extends Problem {
  static override readonly kind = problemKind({
    slug: 'api-key-not-rotatable',
    status: 409,
    title: 'API key cannot be rotated',
    description: 'The API key has expired, or was rotated before. Nothing was changed.',
    resolution: 'Rotate the key that replaced it, or create another one.',
  });
}
