import type { ValidationError } from 'class-validator';

/** One mistake and the members that lead to it. */
export interface LocatedError {
  readonly path: readonly string[];
  readonly code: string;
  readonly detail: string;
}

/** class-validator's tree of mistakes as a list, each told once, with the members that lead to it. */
export function located(errors: readonly ValidationError[], above: readonly string[] = []): LocatedError[] {
  return errors.flatMap((error) => {
    const path = [...above, error.property];
    // The rules of a range have one message.
    const rules = Object.entries(error.constraints ?? {}).filter(
      ([, message], at, all) => all.findIndex((other) => other[1] === message) === at,
    );
    return [
      ...rules.map(([constraint, message]) => ({ path, ...told(constraint, message) })),
      ...located(error.children ?? [], path),
    ];
  });
}

/** The longest pointer that the document allows. */
const pointerMaxLength = 1024;

/**
 * A mistake located by a JSON Pointer as a URI fragment (RFC 6901 §6): `#/items/3/name`. A client may give a member any
 * name: where the pointer would be too long, it leads to what the member is in.
 */
export function pointed({ path, code, detail }: LocatedError): { pointer: string; code: string; detail: string } {
  const tokens = path.map((token) => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1')));
  while (pointerTo(tokens).length > pointerMaxLength) tokens.pop();
  return { pointer: pointerTo(tokens), code, detail };
}

function pointerTo(tokens: readonly string[]): string {
  return ['#', ...tokens].join('/');
}

function told(constraint: string, message: string): Omit<LocatedError, 'path'> {
  if (constraint === 'whitelistValidation') return { code: 'unknown_member', detail: 'is not known here' };
  return { code: constraint.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), detail: message };
}
