import { randomInt } from 'node:crypto';
import { RouteNotFound } from '../../http/problem/edge.errors.ts';
import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';

/** Unknown address, wrong password, disabled account: nobody is told which. */
export class InvalidCredentials extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-credentials',
    status: 401,
    title: 'Credentials are invalid',
    meaning: 'The e-mail address and the password do not belong to an account that can log in.',
    remedy: 'Check both; capital letters count in the password.',
  });

  constructor() {
    super({ headers: { 'WWW-Authenticate': 'Bearer realm="plinth"' } });
  }
}

/** The password was right; the address has not been confirmed yet. */
export class EmailNotVerified extends Problem {
  static override readonly kind = problemKind({
    slug: 'email-not-verified',
    status: 403,
    title: 'E-mail address is not verified',
    meaning: 'The credentials are right, but nobody has opened the link that was mailed to this address.',
    remedy: 'Open the newest verification mail.',
  });
}

/** The mailed token is unknown, used, replaced or expired: nobody is told which. */
export class InvalidToken extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-token',
    status: 400,
    title: 'Token is invalid',
    meaning: 'The token from the mail does not exist, has been used, was replaced by a newer one, or has expired.',
    remedy: 'Use the newest mail, or ask for another one.',
  });
}

/** Login by mailed links is not offered; the same reply as for a path that does not exist. */
export class MagicLinksOff extends RouteNotFound {}

/** The password that should be replaced is another one, or does not count any more. */
export class CurrentPasswordInvalid extends Problem {
  static override readonly kind = problemKind({
    slug: 'current-password-invalid',
    status: 403,
    title: 'Current password is invalid',
    meaning: 'The password that you gave as the current one is not that of your account. Nothing was changed.',
    remedy: 'Try again, or reset the password by mail.',
  });
}

/** The password is too easy to guess. */
export class WeakPassword extends Problem {
  static override readonly kind = problemKind({
    slug: 'weak-password',
    status: 422,
    title: 'Password is too weak',
    meaning:
      'The password breaks the rule that `errors` names: `too_short`, `too_long`, `too_common`, `context_word` (made of your name, your address or the name of the service) or `breached`. Nothing was changed.',
    remedy: 'Choose a longer one: several words are easy to remember and hard to guess.',
  });
}

/** More passwords wait to be checked than can be checked soon. */
export class HashingOverloaded extends Problem {
  static override readonly kind = problemKind({
    slug: 'too-many-logins',
    status: 503,
    title: 'Too many logins at once',
    meaning: 'More people are logging in or registering than passwords can be checked at the moment.',
    remedy: 'Send it again after the seconds in `Retry-After`.',
  });

  constructor() {
    // Not all at the same moment: those who come back together would be too many again.
    super({ headers: { 'Retry-After': String(randomInt(4, 13)) } });
  }
}
