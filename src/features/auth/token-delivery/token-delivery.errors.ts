import { UnsupportedMediaType } from '../../../platform/http/problem/http.errors.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';

/** A request with the refresh token cookie did not prove that a page of an allowed origin sent it. */
export class CsrfRejected extends Problem {
  static override readonly kind = problemKind({
    slug: 'csrf-rejected',
    status: 403,
    title: 'Cross-site request',
    description:
      'The request has the cookie of a session, but its origin is not allowed or its X-CSRF-Token is missing or ' +
      'invalid. Nothing was changed.',
    resolution: 'Send the request from an allowed origin, with the `csrfToken` of GET /v1/auth/csrf in X-CSRF-Token.',
  });
}

/** A form, whose media types browsers send to other sites without a preflight, cannot use the cookie. */
export class JsonRequired extends UnsupportedMediaType {
  constructor() {
    super({ detail: 'Requests with the refresh token cookie must be application/json.' });
  }
}
