import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** Without this method the user could not log in any more. */
export class LastLoginMethod extends Problem {
  static override readonly kind = problemKind({
    slug: 'last-login-method',
    status: 409,
    title: 'Last login method',
    description:
      'The account has no other method to log in with: no password, no passkey and no linked account. Nothing was ' +
      'changed.',
    resolution: 'Set a password by `POST /v1/auth/password/forgot`, or add a passkey, and try again.',
  });
}

/** A role of the user requires a second factor, and this is the last one. */
export class SecondFactorRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'second-factor-required',
    status: 409,
    title: 'Last second factor',
    description: 'One of your roles requires a second factor, and this is the last one. Nothing was changed.',
    resolution: 'Add another second factor first.',
  });
}
