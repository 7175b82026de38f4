/** Whether a value is an object or a list. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is an object and not a list. */
export function isPlainObject(value: unknown): value is object {
  return isObject(value) && !Array.isArray(value);
}

/** A copy of an object without the members of these names. */
export function without<Value>(
  members: Readonly<Record<string, Value>>,
  names: ReadonlySet<string | undefined>,
): Record<string, Value>;
export function without(members: object, names: ReadonlySet<string | undefined>): object;
export function without(members: object, names: ReadonlySet<string | undefined>): object {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.has(name)));
}
