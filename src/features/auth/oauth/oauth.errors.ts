import { InvalidParameter, RouteNotFound, ValidationFailed } from '../../../platform/http/problem/http.errors.ts';
import { invalidMembers, Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** No provider has this name; the same response as for a path that does not exist. */
export class ProviderNotFound extends RouteNotFound {}

/** The caller has no identity with this id; the same response as for a path that does not exist. */
export class IdentityNotFound extends RouteNotFound {}

const redirectRule = { code: 'is_in', detail: 'must be one of AUTH_OAUTH_REDIRECTS' };

/** The `redirect` of a query is not in the list of allowed URLs. */
export class RedirectParameterNotAllowed extends InvalidParameter {
  constructor() {
    super({ detail: '1 parameter is invalid', errors: [{ parameter: 'redirect', ...redirectRule }] });
  }
}

/** The `redirect` of a body is not in the list of allowed URLs. */
export class RedirectNotAllowed extends ValidationFailed {
  constructor() {
    super(invalidMembers([{ path: ['redirect'], ...redirectRule }]));
  }
}

/** The `ticket` of a query is invalid, has expired, or belongs to other parameters. */
export class InvalidTicket extends InvalidParameter {
  constructor() {
    const error = { parameter: 'ticket', code: 'is_valid', detail: 'must be a ticket that has not expired' };
    super({ detail: '1 parameter is invalid', errors: [error] });
  }
}

/** The provider cannot be reached, or does not respond in time. */
export class ProviderUnavailable extends Problem {
  static override readonly kind = problemKind({
    slug: 'provider-unavailable',
    status: 503,
    title: 'Login provider is unavailable',
    description: 'The provider of the login did not respond within five seconds, or responded with an error.',
    resolution: 'Repeat the request after the seconds in `Retry-After`, or log in by other means.',
  });

  constructor(cause: unknown) {
    super({ cause, headers: { 'Retry-After': '10' } });
  }
}

/** The response of a provider does not belong to a login of this browser, or was received before. */
export class InvalidOAuthCallback extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-oauth-callback',
    status: 400,
    title: 'Login was not started in this browser',
    description:
      'The response of the provider does not belong to a login that this browser started within the last ten minutes, ' +
      'or was received before. Nothing was changed.',
    resolution: 'Start the login again.',
  });
}

/** The code is unknown, used or expired, belongs to another session, or its verifier is wrong. */
export class InvalidOAuthCode extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-oauth-code',
    status: 400,
    title: 'Code is invalid',
    description:
      'The code does not exist, has been used, has expired after a minute, was issued for another operation or session, ' +
      'or does not belong to this code verifier.',
    resolution: 'Start the login with the provider again.',
  });
}

/** The account of this identity cannot log in. */
export class OAuthLoginRefused extends Problem {
  static override readonly kind = problemKind({
    slug: 'oauth-login-refused',
    status: 403,
    title: 'Account cannot log in',
    description: 'The account that belongs to the account at the provider is disabled or deleted.',
    resolution: 'Contact support.',
  });
}

/** No account is linked, and the provider does not prove an email address that one could be found by. */
export class IdentityNotLinked extends Problem {
  static override readonly kind = problemKind({
    slug: 'identity-not-linked',
    status: 403,
    title: 'Account at the provider is not linked',
    description:
      'No account is linked to the account at the provider, and the provider does not state a verified email address, ' +
      'or its email addresses are not trusted. Nothing was changed.',
    resolution: 'Register or log in by other means, then link the account at the provider.',
  });
}

/** The account at the provider is linked already, to this account or another one. */
export class IdentityInUse extends Problem {
  static override readonly kind = problemKind({
    slug: 'identity-in-use',
    status: 409,
    title: 'Account at the provider is linked already',
    description: 'The account at the provider is linked to an account already. Nothing was changed.',
    resolution: 'Log in with the provider, or unlink it from the other account first.',
  });
}

/** The account has as many identities as are allowed. */
export class TooManyIdentities extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-identities',
    status: 409,
    title: 'Too many linked accounts',
    description: 'An account can have 20 linked accounts at providers.',
    resolution: 'Unlink one of them.',
  });
}

/** The provider did not prove that the user of this account authenticated just now. */
export class ProviderAuthenticationNotRecent extends Problem {
  static override readonly kind = problemKind({
    slug: 'provider-authentication-not-recent',
    status: 403,
    title: 'Authentication at the provider is not recent',
    description:
      'The provider did not state that the user authenticated during this operation, or its account is not linked to ' +
      'the account of the caller.',
    resolution: 'Verify your identity by other means, such as the password, or log in again.',
  });
}

/** The logout token is not one of this provider for this service, is too old, or was received before. */
export class InvalidLogoutToken extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-logout-token',
    status: 400,
    title: 'Logout token is invalid',
    description:
      'The logout token is not signed by the provider for this service, has invalid claims, is older than two minutes, ' +
      'or was received before. No session was revoked.',
    resolution: 'Send a new token (OpenID Connect Back-Channel Logout 1.0).',
  });
}
