import { Problem } from '../../platform/http/problem/problem.ts';
import { problemKind } from '../../platform/http/problem/problem-kind.ts';

/** A page of another origin submitted the form. */
export class CsrfCheckFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'csrf-check-failed',
    status: 403,
    title: 'Cross-site form submission',
    description: 'A page of another site submitted this form. Nothing was changed.',
    resolution: 'Open the link in the email and submit the form there.',
  });
}
