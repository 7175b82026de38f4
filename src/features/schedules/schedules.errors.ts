import { RouteNotFound, ValidationFailed } from '../../http/problem/edge.errors.ts';
import { PreconditionFailed } from '../../http/problem/precondition.errors.ts';
import { invalidMembers } from '../../http/problem/invalid-members.ts';
import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';
import type { LocatedError } from '../../validation/located-errors.ts';

/** No schedule has this id. */
export class ScheduleNotFound extends RouteNotFound {}

/** Somebody else, or a tick, changed the schedule after the caller had read it. */
export class ScheduleChanged extends PreconditionFailed {}

/** The schedule could never make a job, or makes them too often. */
export class ScheduleInvalid extends ValidationFailed {
  constructor(mistakes: readonly LocatedError[]) {
    super(invalidMembers(mistakes));
  }
}

/** What ships with the service stays. */
export class ScheduleShipped extends Problem {
  static override readonly kind = problemKind({
    slug: 'schedule-shipped',
    status: 409,
    title: 'Schedule ships with the service',
    meaning: 'The service needs this schedule: it can neither be deleted nor be given another payload.',
    remedy: 'Pause it, or give it other times.',
  });
}
