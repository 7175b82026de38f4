import type { ValidationError } from 'class-validator';

/** A validation error and the path of the invalid member. */
export interface LocatedError {
  readonly path: readonly string[];
  readonly code: string;
  readonly detail: string;
}

/** The context of a rule of the entries of a list: its violations have the paths of the invalid entries. */
export interface EntryContext {
  readonly isValidEntry?: (entry: unknown) => boolean;
}

/** Converts class-validator's tree of errors to a list without repeated messages. */
export function flattenErrors(errors: readonly ValidationError[], parent: readonly string[] = []): LocatedError[] {
  return errors.flatMap((error) => {
    const path = [...parent, error.property];
    // Min and max of a range have the same message.
    const rules = Object.entries(error.constraints ?? {}).filter(
      ([, message], index, all) => all.findIndex((other) => other[1] === message) === index,
    );
    const own = rules.flatMap(([constraint, message]) =>
      invalidEntries(error, constraint).map((entry) => ({
        path: [...path, ...entry],
        ...describeError(constraint, message),
      })),
    );
    // An entry that is no object is not validated further.
    const invalid = new Set(own.map((violation) => violation.path[path.length]));
    const inner = flattenErrors(error.children ?? [], path);
    return [...own, ...inner.filter((violation) => !invalid.has(violation.path[path.length]))];
  });
}

/** The indices of the entries that violate a rule of entries; the list itself for every other rule. */
function invalidEntries({ value, contexts }: ValidationError, constraint: string): string[][] {
  const { isValidEntry } = (contexts?.[constraint] ?? {}) as EntryContext;
  if (isValidEntry === undefined || !Array.isArray(value)) return [[]];
  return value.flatMap((entry, index) => (isValidEntry(entry) ? [] : [[String(index)]]));
}

/** The maximum length of a pointer in the OpenAPI document. */
const pointerMaxLength = 1024;

/**
 * Locates an error by a JSON Pointer as a URI fragment (RFC 6901 §6): `#/items/3/name`. Clients choose the names of
 * members: a pointer that would be too long leads to the parent of the member.
 */
export function toJsonPointers({ path, code, detail }: LocatedError): {
  pointer: string;
  code: string;
  detail: string;
} {
  const tokens = path.map((token) => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1')));
  while (pointerTo(tokens).length > pointerMaxLength) tokens.pop();
  return { pointer: pointerTo(tokens), code, detail };
}

function pointerTo(tokens: readonly string[]): string {
  return ['#', ...tokens].join('/');
}

function describeError(constraint: string, message: string): Omit<LocatedError, 'path'> {
  if (constraint === 'whitelistValidation') return { code: 'unknown_member', detail: 'is not known here' };
  return { code: snakeCase(constraint), detail: message };
}

/** A run of capitals is one word: `isRFC3339` becomes `is_rfc3339`. */
function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase();
}
