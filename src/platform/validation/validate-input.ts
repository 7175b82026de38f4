import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { oncePerClass, rulesOf } from './class-rules.ts';
import { defaultsOf, jsonSchemaOf } from './json-schema.ts';
import type { LocatedError } from './error-pointers.ts';
import { flattenErrors } from './error-pointers.ts';
import { nestedShapeErrors, withShapeErrors } from './nested-shapes.ts';
import { isObject, isPlainObject, without } from './objects.ts';
import { undoPrimitiveConversions } from './primitive-types.ts';
import { fromText } from './query-text.ts';

/** forbidUnknownValues is off, because a class without members describes the empty object. */
const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };

/** Limits of the reported unknown members, and of the part of each name that is quoted. */
const maxUnknownMembers = 100;
const maxNameLength = 256;

/** Either an instance of the class, or all of its errors and the members without one. */
export type Validated<T> =
  | { readonly value: T; readonly errors: readonly [] }
  | { readonly value: undefined; readonly errors: readonly LocatedError[]; readonly valid: object };

const ignoresUnknownKey = Symbol('ignores unknown members');

/**
 * Marks a class that is read from requests of browsers to a page: unknown members are removed instead of rejected,
 * because other software adds parameters to links (`utm_source`, `fbclid`) and fields to forms.
 */
export const IgnoresUnknownMembers = (): ClassDecorator => (target) => {
  Reflect.defineMetadata(ignoresUnknownKey, true, target);
};

/**
 * Validates an unknown value as an instance of a class whose members are declared with fields.ts. Rejects unknown
 * members (see IgnoresUnknownMembers), wrong types, U+0000 and lone surrogates. Absent members get their defaults. In a
 * query all values are text, from which numbers, booleans and lists are parsed.
 */
export async function validateInput<T extends object>(
  type: Type<T>,
  input: unknown,
  source: 'json' | typeof fromText = 'json',
): Promise<Validated<T>> {
  if (!isPlainObject(input)) {
    return { value: undefined, errors: [{ path: [], code: 'is_object', detail: 'must be an object' }], valid: {} };
  }
  const shape = shapeOf(type);
  const { known: received, unknown } = split({ ...shape.defaults, ...input }, shape);
  const known = shape.lists === undefined ? received : withoutExcess(received, shape.lists);
  const unicodeErrors = invalidUnicode(known);
  const invalidNames = new Set(unicodeErrors.map(({ path }) => path[0]));
  // Validators do not expect invalid Unicode: members that contain it are not validated further.
  const rest = invalidNames.size === 0 ? known : without(known, invalidNames);
  const { value, convertible, errors: conversionErrors } = convert(type, rest, source);
  for (const { path } of conversionErrors) invalidNames.add(path[0]);
  undoPrimitiveConversions(value, convertible, source === fromText);
  const reported = flattenErrors(await validate(value, rules)).filter(({ path }) => !invalidNames.has(path[0]));
  const ruleErrors = withShapeErrors(reported, nestedShapeErrors(value, convertible));
  const errors = [...unicodeErrors, ...conversionErrors, ...ruleErrors, ...unknown];
  if (errors.length === 0) return { value, errors: [] };
  return { value: undefined, errors, valid: without(value, new Set(errors.map(({ path }) => path[0]))) };
}

interface Converted<T> {
  readonly value: T;
  /** The members that were converted. */
  readonly convertible: object;
  readonly errors: readonly LocatedError[];
}

/**
 * Makes an instance of the class. Conversions throw TypeErrors for values of other types, such as `Number()` for
 * `{"toString": 1}` and `value.trim()` in a `@Transform()` for 7: those members are violations.
 */
function convert<T extends object>(type: Type<T>, members: object, source: string): Converted<T> {
  const options = { exposeUnsetFields: false, groups: [source] };
  try {
    return { value: plainToInstance(type, members, options), convertible: members, errors: [] };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const entries: [string, unknown][] = Object.entries(members);
    const invalid = entries.filter(([name, member]) => !isConvertible(type, { [name]: member }, source));
    if (invalid.length === 0) throw error;
    const convertible = without(members, new Set(invalid.map(([name]) => name)));
    const errors = invalid.map(([name]) => ({ path: [name], code: 'invalid_type', detail: 'must have another type' }));
    return { value: plainToInstance(type, convertible, options), convertible, errors };
  }
}

function isConvertible(type: Type<object>, member: object, source: string): boolean {
  try {
    plainToInstance(type, member, { groups: [source] });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Separates unknown members first: class-validator would create an error for each of thousands of them. */
function split(input: object, { names, ignoresUnknown }: Shape): { known: object; unknown: readonly LocatedError[] } {
  const members = Object.entries(input);
  const known = Object.fromEntries(members.filter(([name]) => names.has(name)));
  if (ignoresUnknown) return { known, unknown: [] };
  const unknown = members
    .filter(([name]) => !names.has(name))
    .slice(0, maxUnknownMembers)
    .map(([name]) => ({
      path: [name.slice(0, maxNameLength).toWellFormed()],
      code: 'unknown_member',
      detail: 'is not known here',
    }));
  return { known, unknown };
}

/** The keywords of a schema that lead to lists. */
interface ListSchema {
  readonly items?: ListSchema;
  readonly maxItems?: number;
  readonly properties?: ListSchemas;
}

type ListSchemas = Readonly<Record<string, ListSchema>>;

/** The declared members of a class. */
interface Shape {
  readonly names: ReadonlySet<string>;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Marked with IgnoresUnknownMembers. */
  readonly ignoresUnknown: boolean;
  /** The schemas of the members if they contain lists of limited length. */
  readonly lists: ListSchemas | undefined;
}

const shapeOf = oncePerClass((type): Shape => {
  const schemas = jsonSchemaOf(type)['properties'] as ListSchemas;
  return {
    names: new Set(rulesOf(type).map(({ propertyName }) => propertyName)),
    defaults: defaultsOf(type),
    ignoresUnknown: Reflect.getMetadata(ignoresUnknownKey, type) === true,
    lists: JSON.stringify(schemas).includes('"maxItems"') ? schemas : undefined,
  };
});

/**
 * Cuts lists to one entry more than they may have. They stay invalid, and the time that validators take does not depend
 * on their length: ArrayUnique() compares each entry with all others.
 */
function withoutExcess(members: object, properties: ListSchemas): object {
  const cut = Object.entries(members).map(([name, member]: [string, unknown]) => {
    return [name, withoutExcessIn(member, properties[name])];
  });
  return Object.fromEntries(cut) as object;
}

function withoutExcessIn(value: unknown, { items, maxItems, properties }: ListSchema = {}): unknown {
  if (Array.isArray(value)) {
    const kept: unknown[] = maxItems === undefined ? value : value.slice(0, maxItems + 1);
    return items === undefined ? kept : kept.map((entry) => withoutExcessIn(entry, items));
  }
  return isPlainObject(value) && properties !== undefined ? withoutExcess(value, properties) : value;
}

/** Finds strings and member names that PostgreSQL or another consumer rejects: U+0000 and lone surrogates. */
function invalidUnicode(value: unknown, path: readonly string[] = []): LocatedError[] {
  if (typeof value === 'string') return isWellFormed(value) ? [] : [unicodeError(path)];
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (!isWellFormed(name)) return [unicodeError([...path, name.toWellFormed()])];
    return invalidUnicode(member, [...path, name]);
  });
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function unicodeError(path: readonly string[]): LocatedError {
  return { path, code: 'ill_formed_string', detail: 'must not contain U+0000 or lone surrogates' };
}
