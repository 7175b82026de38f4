import { PreconditionFailed } from '../../http/problem/precondition.errors.ts';
import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';
import { RouteNotFound } from '../../http/problem/edge.errors.ts';

/** No live user has this id; the same reply as for a path that does not exist. */
export class UserNotFound extends RouteNotFound {}

/** Somebody changed the user after the caller had read them. */
export class UserChanged extends PreconditionFailed {}

/** A live user has this address. */
export class EmailTaken extends Problem {
  static override readonly kind = problemKind({
    slug: 'email-taken',
    status: 409,
    title: 'E-mail address is taken',
    meaning: 'Another user has this e-mail address. Nothing was changed.',
    remedy: 'Use another address, or find the user who has it.',
  });

  constructor() {
    super({ errors: [{ pointer: '#/email', code: 'is_unique', detail: 'belongs to another user' }] });
  }
}

/** Nobody would be left to administer the service. */
export class LastAdministrator extends Problem {
  static override readonly kind = problemKind({
    slug: 'last-administrator',
    status: 409,
    title: 'Last administrator',
    meaning: 'The change would leave the service without an administrator who can log in. Nothing was changed.',
    remedy: 'Make somebody else an administrator first.',
  });
}

/** Nobody changes their own roles. */
export class OwnRoles extends Problem {
  static override readonly kind = problemKind({
    slug: 'own-roles',
    status: 403,
    title: 'Own roles can not be changed',
    meaning: 'You asked to change your own roles. Nothing was changed.',
    remedy: 'Ask another administrator.',
  });
}

/** Nobody keeps themselves out. */
export class OwnAccount extends Problem {
  static override readonly kind = problemKind({
    slug: 'own-account',
    status: 409,
    title: 'Own account can not be disabled',
    meaning: 'You asked to disable your own account. Nothing was changed.',
    remedy: 'Ask another administrator, or delete your account (`DELETE /v1/users/me`).',
  });
}

/** What was asked for is of no use to somebody who is kept out. */
export class UserDisabled extends Problem {
  static override readonly kind = problemKind({
    slug: 'user-disabled',
    status: 409,
    title: 'User is disabled',
    meaning: 'The user is disabled and could not use what you asked for. Nothing was changed.',
    remedy: 'Enable the user first.',
  });
}
