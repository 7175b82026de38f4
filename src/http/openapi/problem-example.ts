import type { Links } from '../../config/links.ts';
import { ParameterInvalid, ValidationFailed } from '../problem/edge.errors.ts';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { problemCode, problemType } from '../problem/problem-kind.ts';

/** What the kinds that say what is wrong with the input show of it. */
const errors = new Map<ProblemKind, object>([
  [ValidationFailed.kind, { pointer: '#/email', code: 'is_email', detail: 'must be an e-mail address' }],
  [ParameterInvalid.kind, { parameter: 'limit', code: 'max', detail: 'must be a whole number from 1 to 100' }],
]);

/** A body of this kind, the same each time. */
export function problemExample(kind: ProblemKind, links: Links): object {
  const shown = errors.get(kind);
  return {
    type: links.path(problemType(kind)),
    title: kind.title,
    status: kind.status,
    instance: 'urn:request:01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    code: problemCode(kind),
    ...(shown === undefined ? {} : { errors: [shown] }),
    ...kind.members?.example,
  };
}
