import { RouteNotFound, ValidationFailed } from '../../http/problem/edge.errors.ts';
import { invalidMembers } from '../../http/problem/invalid-members.ts';
import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';
import type { LocatedError } from '../../validation/located-errors.ts';

/** No job has this id, or none that the caller may know of. */
export class JobNotFound extends RouteNotFound {}

/** Nobody can do what the job asks for. */
export class JobInvalid extends ValidationFailed {
  constructor(mistakes: readonly LocatedError[]) {
    super(invalidMembers(mistakes));
  }
}

/** What is over can't be cancelled. */
export class JobFinished extends Problem {
  static override readonly kind = problemKind({
    slug: 'job-finished',
    status: 409,
    title: 'Job is finished',
    meaning: 'The job has succeeded, is dead or was cancelled before. Nothing was changed.',
    remedy: 'Read the job to see what became of it.',
  });
}

/** Only what has failed for good, or was cancelled, is worth another try. */
export class JobNotRetryable extends Problem {
  static override readonly kind = problemKind({
    slug: 'job-not-retryable',
    status: 409,
    title: 'Job can not be retried',
    meaning: 'The job is neither dead nor cancelled: it succeeded, or it still has attempts to come.',
    remedy: 'Wait for it to finish, or make a new job.',
  });
}

/** The file is made by a job that is not done with it. */
export class ArtifactNotReady extends Problem {
  static override readonly kind = problemKind({
    slug: 'artifact-not-ready',
    status: 409,
    title: 'Artifact is not ready',
    meaning: 'The job has not finished, so there is no file of it yet.',
    remedy: 'Wait until the job has succeeded; its events tell.',
  });
}

/** The job has finished without making a file. */
export class ArtifactNone extends Problem {
  static override readonly kind = problemKind({
    slug: 'artifact-none',
    status: 404,
    title: 'Job has no artifact',
    meaning: 'The job has finished and made no file, did not succeed, or its file was removed long ago.',
    remedy: 'Read the job to see what became of it.',
  });
}

/** The file was kept for its time. */
export class ArtifactExpired extends Problem {
  static override readonly kind = problemKind({
    slug: 'artifact-expired',
    status: 410,
    title: 'Artifact has expired',
    meaning: 'The job made a file, which is kept for 7 days; they are over.',
    remedy: 'Make a new job.',
  });
}
