import { NotFound, ValidationFailed } from '../../../platform/http/problem/http.errors.ts';
import { PreconditionFailed } from '../../../platform/http/problem/precondition.errors.ts';
import { invalidMembers } from '../../../platform/http/problem/problem.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';
import type { LocatedError } from '../../../platform/validation/error-pointers.ts';

/** No schedule has this id. */
export class ScheduleNotFound extends NotFound {}

/** Another caller, or an occurrence, changed the schedule after the caller had read it. */
export class ScheduleChanged extends PreconditionFailed {}

/** The type, the payload or the times of the schedule are invalid. */
export class ScheduleInvalid extends ValidationFailed {
  constructor(errors: readonly LocatedError[]) {
    super(invalidMembers(errors));
  }
}

/** A built-in schedule cannot be deleted. */
export class BuiltInScheduleReadOnly extends Problem {
  static override readonly kind = problemKind({
    slug: 'built-in-schedule',
    status: 409,
    title: 'Schedule is built in',
    description: 'The service requires this schedule: it can neither be deleted nor get another payload.',
    resolution: 'Pause it, or change its times.',
  });
}
