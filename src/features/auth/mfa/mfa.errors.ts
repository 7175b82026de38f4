import { RouteNotFound } from '../../../platform/http/problem/http.errors.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** The second factor was not proven; the response does not reveal whether the code or the challenge is invalid. */
export class InvalidMfa extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-mfa',
    status: 401,
    title: 'Second factor is invalid',
    description:
      'The code is wrong, expired or used already, or the login that it belongs to is: a login allows five attempts ' +
      'within five minutes.',
    resolution: 'Wait for the next code of the authenticator app and try again, or start the login again.',
  });

  constructor() {
    super({ headers: { 'WWW-Authenticate': 'Bearer realm="plinth"' } });
  }
}

/** The code does not confirm the enrolment. */
export class InvalidActivationCode extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-activation-code',
    status: 422,
    title: 'Activation code is invalid',
    description: 'The code is wrong, expired or used already. The authenticator app was not activated.',
    resolution: 'Check the clock of the device, wait for the next code and try again.',
  });
}

/** The user has as many authenticator apps as are allowed. */
export class TooManyFactors extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-factors',
    status: 409,
    title: 'Too many authenticator apps',
    description: 'An account can have ten authenticator apps.',
    resolution: 'Delete one of them.',
  });
}

/** Recovery codes need a second factor that they can replace. */
export class MfaNotEnabled extends Problem {
  static override readonly kind = problemKind({
    slug: 'mfa-not-enabled',
    status: 409,
    title: 'Multi-factor authentication is not enabled',
    description: 'The account has no active second factor.',
    resolution: 'Add and activate an authenticator app.',
  });
}

/** Administrators manage their own factors like any other user. */
export class CannotResetOwnMfa extends Problem {
  static override readonly kind = problemKind({
    slug: 'cannot-reset-own-mfa',
    status: 409,
    title: 'You cannot reset your own second factors',
    description: 'The request would delete all of your own second factors. Nothing was changed.',
    resolution: 'Ask another administrator, or delete a factor with the operations on your own factors.',
  });
}

/** No user has this id, or the user is deleted. */
export class MfaUserNotFound extends RouteNotFound {}

/** The user has no factor with this id, or its activation has expired. */
export class FactorNotFound extends RouteNotFound {}
