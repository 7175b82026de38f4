import type { ValidationError } from 'class-validator';

/** One mistake and the members that lead to it. */
export interface LocatedError {
  readonly path: readonly string[];
  readonly code: string;
  readonly detail: string;
}

/** class-validator's tree of mistakes as a list, each with the members that lead to it. */
export function located(errors: readonly ValidationError[], above: readonly string[] = []): LocatedError[] {
  return errors.flatMap((error) => {
    const path = [...above, error.property];
    const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({
      path,
      ...told(constraint, message),
    }));
    return [...own, ...located(error.children ?? [], path)];
  });
}

function told(constraint: string, message: string): Omit<LocatedError, 'path'> {
  if (constraint === 'whitelistValidation') return { code: 'unknown_member', detail: 'is not known here' };
  return { code: constraint.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), detail: message };
}
