import { NotFound, ValidationFailed } from '../../platform/http/problem/http.errors.ts';
import { invalidMembers } from '../../platform/http/problem/problem.ts';
import { Problem } from '../../platform/http/problem/problem.ts';
import { problemKind } from '../../platform/http/problem/problem-kind.ts';
import type { LocatedError } from '../../platform/validation/error-pointers.ts';

/** No job has this id, or the caller may not read it. */
export class JobNotFound extends NotFound {}

/** The type, the payload or the time of the job is invalid. */
export class JobInvalid extends ValidationFailed {
  constructor(errors: readonly LocatedError[]) {
    super(invalidMembers(errors));
  }
}

/** A finished job cannot be cancelled. */
export class JobFinished extends Problem {
  static override readonly kind = problemKind({
    slug: 'job-finished',
    status: 409,
    title: 'Job is finished',
    description: 'The job has succeeded, is dead or was cancelled before. Nothing was changed.',
    resolution: 'Get the job to see its state.',
  });
}

/** Only dead and cancelled jobs can be retried. */
export class JobNotRetryable extends Problem {
  static override readonly kind = problemKind({
    slug: 'job-not-retryable',
    status: 409,
    title: 'Job cannot be retried',
    description: 'The job is neither dead nor cancelled: it has succeeded, or it has attempts left.',
    resolution: 'Wait until it is finished, or create another job.',
  });
}

/** The job that produces the artifact is not finished. */
export class ArtifactNotReady extends Problem {
  static override readonly kind = problemKind({
    slug: 'artifact-not-ready',
    status: 409,
    title: 'Artifact is not ready',
    description: 'The job is not finished, so its artifact is not available yet.',
    resolution: 'Wait until the job has succeeded; its event stream reports that.',
  });
}

/** The job is finished and has no artifact. */
export class ArtifactNotFound extends Problem {
  static override readonly kind = problemKind({
    slug: 'artifact-not-found',
    status: 404,
    title: 'Job has no artifact',
    description: 'The job produced no artifact, did not succeed, or its artifact was deleted after it expired.',
    resolution: 'Get the job to see its state.',
  });
}

/** The artifact is older than 7 days. */
export class ArtifactExpired extends Problem {
  static override readonly kind = problemKind({
    slug: 'artifact-expired',
    status: 410,
    title: 'Artifact has expired',
    description: 'Artifacts are available for 7 days after the job has succeeded.',
    resolution: 'Create another job.',
  });
}
