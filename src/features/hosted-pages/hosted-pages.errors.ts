import { Problem } from '../../platform/http/problem/problem.ts';
import { problemKind } from '../../platform/http/problem/problem-kind.ts';

/** A page of another origin submitted the form. */
export class CsrfCheckFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'csrf-check-failed',
    status: 403,
    title: 'Cross-site form submission',
    description: 'A page of another site submitted this form. Nothing was changed.',
    resolution: 'Open the page again, from its link or its address, and submit the form there.',
  });
}

/** A login with a provider that a hosted page started returned with an error. */
export class ProviderLoginFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'provider-login-failed',
    status: 400,
    title: 'Login with the provider failed',
    description: 'The provider returned an error instead of a login. Nothing was changed.',
    resolution: 'Start the login again, or log in by other means.',
  });

  /** @param code `access_denied`, `temporarily_unavailable` or `login_failed` */
  constructor(readonly code: string) {
    super();
  }
}
