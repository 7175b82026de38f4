import { RouteNotFound } from '../../../platform/http/problem/http.errors.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** The caller has no passkey with this id; the same response as for a path that does not exist. */
export class PasskeyNotFound extends RouteNotFound {}

/** Browsers have no passkeys for IP addresses; the same response as for a path that does not exist. */
export class PasskeysUnavailable extends RouteNotFound {
  constructor() {
    super({
      detail: 'The service is configured with an IP address. Set AUTH_PASSKEY_RP_ID, or a PUBLIC_URL with a domain.',
    });
  }
}

/** The response of the authenticator does not create a passkey. */
export class InvalidPasskey extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-passkey',
    status: 422,
    title: 'Passkey is invalid',
    description:
      'The response of the authenticator is invalid: its challenge has expired or was used, the user was not verified, ' +
      'the page has another origin, or the passkey exists already. No passkey was created.',
    resolution: 'Request new options and create the passkey again.',
  });
}

/** The user has as many passkeys as are allowed. */
export class TooManyPasskeys extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-passkeys',
    status: 409,
    title: 'Too many passkeys',
    description: 'An account can have twenty passkeys.',
    resolution: 'Delete one of them.',
  });
}
