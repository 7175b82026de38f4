import type { Links } from '../../config/links.ts';
import { InvalidParameter, ValidationFailed } from '../problem/http.errors.ts';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { problemCode, problemType } from '../problem/problem-kind.ts';

/** The example of `errors` for the kinds that have it. */
const errorExamples = new Map<ProblemKind, object>([
  [ValidationFailed.kind, { pointer: '#/email', code: 'is_email', detail: 'must be an email address' }],
  [InvalidParameter.kind, { parameter: 'limit', code: 'max', detail: 'must be a whole number from 1 to 100' }],
]);

/** The example of a problem of this kind. */
export function problemExample(kind: ProblemKind, links: Links): object {
  const error = errorExamples.get(kind);
  return {
    type: links.path(problemType(kind)),
    title: kind.title,
    status: kind.status,
    instance: 'urn:request:01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    code: problemCode(kind),
    ...(error === undefined ? {} : { errors: [error] }),
    ...kind.members?.example,
  };
}
