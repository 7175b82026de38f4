import { RouteNotFound } from '../../../platform/http/problem/http.errors.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/**
 * Unknown email address, wrong password, or an account that is disabled or not verified; the response does not reveal
 * which.
 */
export class InvalidCredentials extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-credentials',
    status: 401,
    title: 'Credentials are invalid',
    description: 'The email address and the password, or the passkey, do not belong to an account that can log in.',
    resolution: 'Check both; the password is case-sensitive. A passkey signs new options for each login.',
  });

  constructor() {
    super({
      detail: 'A new account must verify its email address first: open the link in the newest verification email.',
      headers: { 'WWW-Authenticate': 'Bearer realm="plinth"' },
    });
  }
}

/** The one-time token is unknown, used, replaced or expired; the response does not reveal which. */
export class InvalidToken extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-token',
    status: 400,
    title: 'Token is invalid',
    description: 'The token from the email does not exist, has been used, was replaced by a newer one, or has expired.',
    resolution: 'Use the newest email, or request another one.',
  });
}

/** Magic links are disabled; the same response as for a path that does not exist. */
export class MagicLinksDisabled extends RouteNotFound {}

/** The password to replace is a different one, or is locked. */
export class InvalidCurrentPassword extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-current-password',
    status: 403,
    title: 'Current password is invalid',
    description: 'The current password in the request is not the password of your account. Nothing was changed.',
    resolution: 'Try again, or reset the password by email.',
  });
}
