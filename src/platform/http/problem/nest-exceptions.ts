import type { HttpException } from '@nestjs/common';
import type { ProblemOptions } from './problem.ts';
import { Problem } from './problem.ts';
import type { ProblemKind } from './problem-kind.ts';
import { findProblemKind, problemKind } from './problem-kind.ts';

const conflict = problemKind({
  slug: 'conflict',
  status: 409,
  title: 'Conflict',
  description: 'The request contradicts the current state of the resource. Nothing was changed.',
  resolution: 'Read the resource again and decide whether the request still applies.',
});

/** RFC 9110 §15.5.11 */
const resourceDeleted = problemKind({
  slug: 'resource-deleted',
  status: 410,
  title: 'Resource was deleted',
  description: 'The resource existed and was deleted for good.',
  resolution: 'Delete your references to it.',
});

/** The kinds of the exceptions that guards and handlers throw, also Nest itself when a guard returns false. */
const slugsByStatus: ReadonlyMap<number, string> = new Map([
  [400, 'bad-request'],
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [409, conflict.slug],
  [410, resourceDeleted.slug],
  [412, 'precondition-failed'],
  [422, 'validation-failed'],
  [429, 'too-many-requests'],
]);

/** A problem whose kind is known by the status of the exception only. */
class ExceptionProblem extends Problem {
  constructor(
    private readonly declared: ProblemKind,
    options: ProblemOptions,
  ) {
    super(options);
  }

  override get kind(): ProblemKind {
    return this.declared;
  }
}

/** Maps an exception of the application whose status has a kind of its own. Its message is meant for the client. */
export function fromNestException(thrown: HttpException): Problem | undefined {
  const status = thrown.getStatus();
  const kind = findProblemKind(slugsByStatus.get(status) ?? '');
  if (kind === undefined) return undefined;
  // RFC 9110 §15.5.2 requires a challenge.
  const headers = status === 401 ? { 'WWW-Authenticate': 'Bearer realm="plinth"' } : {};
  return new ExceptionProblem(kind, { detail: thrown.message, headers, cause: thrown });
}
