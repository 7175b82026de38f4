import { ServerOverloaded } from '../../../platform/http/problem/http.errors.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemKind } from '../../../platform/http/problem/problem-kind.ts';
import type { LocatedError } from '../../../platform/validation/error-pointers.ts';
import { toJsonPointers } from '../../../platform/validation/error-pointers.ts';

/** The password is too easy to guess. */
export class WeakPassword extends Problem {
  static override readonly kind = problemKind({
    slug: 'weak-password',
    status: 422,
    title: 'Password is too weak',
    description:
      'The password breaks the rules that `errors` names: `too_short`, `too_long`, `too_common`, `pattern`, ' +
      '`context_word` (consists of your name, your email address or the name of the service) or `breached`. Nothing ' +
      'was changed.',
    resolution: 'Choose a longer one: several words are easy to remember and hard to guess.',
  });

  /** @param member the member of the body that holds the password */
  constructor(member: string, violations: readonly Omit<LocatedError, 'path'>[]) {
    super({
      detail: `The password ${violations.map(({ detail }) => detail).join(', and ')}.`,
      errors: violations.map((violation) => toJsonPointers({ path: [member], ...violation })),
    });
  }
}

/** The password hashing queue is full. */
export class PasswordHashingOverloaded extends ServerOverloaded {
  constructor() {
    super('The server cannot verify more passwords at the moment.');
  }
}
