import { Unauthenticated } from '../../platform/http/auth/auth.errors.ts';
import { PreconditionFailed } from '../../platform/http/problem/precondition.errors.ts';
import { Problem } from '../../platform/http/problem/problem.ts';
import { problemKind } from '../../platform/http/problem/problem-kind.ts';
import { ContentTooLarge, NotFound } from '../../platform/http/problem/http.errors.ts';

/** No user has this id, or the user is deleted; the same response as for an unknown path. */
export class UserNotFound extends NotFound {}

/** The user was changed after the caller had read it. */
export class UserChanged extends PreconditionFailed {}

/** Another user that is not deleted has this email address. */
export class EmailTaken extends Problem {
  static override readonly kind = problemKind({
    slug: 'email-taken',
    status: 409,
    title: 'Email address is taken',
    description: 'Another user has this email address. Nothing was changed.',
    resolution: 'Use another email address, or find the user who has it.',
  });

  constructor() {
    super({ errors: [{ pointer: '#/email', code: 'is_unique', detail: 'belongs to another user' }] });
  }
}

/** The change would leave no administrator who can log in. */
export class LastAdministrator extends Problem {
  static override readonly kind = problemKind({
    slug: 'last-administrator',
    status: 409,
    title: 'Last administrator',
    description: 'The change would leave the service without an administrator who can log in. Nothing was changed.',
    resolution: 'Assign the administrator role to another user first.',
  });
}

/** Users cannot change their own roles. */
export class CannotChangeOwnRoles extends Problem {
  static override readonly kind = problemKind({
    slug: 'cannot-change-own-roles',
    status: 403,
    title: 'You cannot change your own roles',
    description: 'The request would change your own roles. Nothing was changed.',
    resolution: 'Ask another administrator.',
  });
}

/** Users cannot disable their own account. */
export class CannotDisableOwnAccount extends Problem {
  static override readonly kind = problemKind({
    slug: 'cannot-disable-own-account',
    status: 409,
    title: 'You cannot disable your own account',
    description: 'The request would disable your own account. Nothing was changed.',
    resolution: 'Ask another administrator, or delete your account (`DELETE /v1/users/me`).',
  });
}

/** A disabled user cannot use the result of the operation. */
export class UserDisabled extends Problem {
  static override readonly kind = problemKind({
    slug: 'user-disabled',
    status: 409,
    title: 'User is disabled',
    description: 'The user is disabled and cannot use the result of this operation. Nothing was changed.',
    resolution: 'Enable the user first.',
  });
}

/** The file is not CSV as the import of users reads it. */
export class MalformedCsv extends Problem {
  static override readonly kind = problemKind({
    slug: 'malformed-csv',
    status: 400,
    title: 'CSV file is malformed',
    description:
      'The file is not UTF-8, has no rows, its header has unknown, duplicate or missing columns, a quoted cell has no ' +
      'end, or a row has more than 16 KiB. Nothing was stored.',
    resolution: 'Correct the file where `detail` says so, and send it again.',
  });

  constructor(detail: string) {
    super({ detail });
  }
}

/** The file has more rows than an import may have. */
export class TooManyRows extends ContentTooLarge {
  constructor(limit: number) {
    super({ detail: `The file has more than ${limit.toLocaleString('en')} rows.` });
  }
}

/** A caller who was deleted after the guard admitted the request is unauthenticated. */
export async function asUnauthenticated<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw error instanceof UserNotFound ? new Unauthenticated('invalid') : error;
  }
}
