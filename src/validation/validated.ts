import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate } from 'class-validator';
import { illFormedStrings } from './ill-formed-strings.ts';
import { defaultsOf } from './json-schema.ts';
import type { LocatedError } from './located-errors.ts';
import { located } from './located-errors.ts';

/** The source whose values are all text: a query. */
export const fromText = 'text';

/** A class without members is known as well: it describes the empty object. */
const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };

/** So many unknown members are told of, and so much of each name is repeated. */
const unknownMax = 100;
const nameMax = 256;

/** Either a value of the class, or everything that is wrong with it. */
export type Validated<T> =
  | { readonly value: T; readonly errors: readonly [] }
  | { readonly value: undefined; readonly errors: readonly LocatedError[] };

const ignoresUnknownKey = Symbol('ignores unknown members');

/**
 * Marks a class that is read from what browsers send to a page: members that it does not describe are left out instead of
 * refused, for links collect parameters on their way (`utm_source`, `fbclid`) and forms collect fields.
 */
export const IgnoresUnknownMembers = (): ClassDecorator => (target) => {
  Reflect.defineMetadata(ignoresUnknownKey, true, target);
};

/**
 * Reads an unknown value as an instance of a class whose members are declared by fields.ts, and refuses what the class
 * does not describe: unknown members (see IgnoresUnknownMembers), wrong types, U+0000 and lone surrogates anywhere.
 * Absent members get their defaults. In a query everything is text: there numbers, booleans and lists are read from it.
 */
export async function validated<T extends object>(
  type: Type<T>,
  input: unknown,
  source: 'json' | typeof fromText = 'json',
): Promise<Validated<T>> {
  if (!isPlainObject(input)) return wrong([{ path: [], code: 'is_object', detail: 'must be an object' }]);
  const shape = shapeOf(type);
  const { known, unknown } = split({ ...shape.defaults, ...input }, shape);
  const illFormed = illFormedStrings(known);
  const spoilt = new Set(illFormed.map(({ path }) => path[0]));
  // Rules are not made for such texts: members that have them are looked at no further.
  const rest = spoilt.size === 0 ? known : without(known, spoilt);
  const value = plainToInstance(type, rest, { exposeUnsetFields: false, groups: [source] });
  const broken = located(await validate(value, rules)).filter(({ path }) => !spoilt.has(path[0]));
  const errors = [...illFormed, ...broken, ...unknown];
  return errors.length > 0 ? wrong(errors) : { value, errors: [] };
}

function without(members: object, names: ReadonlySet<string | undefined>): object {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.has(name)));
}

/** Its own names against those of the class, before a library builds an error for each of twenty thousand. */
function split(input: object, { names, ignoresUnknown }: Shape): { known: object; unknown: readonly LocatedError[] } {
  const members = Object.entries(input);
  const known = Object.fromEntries(members.filter(([name]) => names.has(name)));
  if (ignoresUnknown) return { known, unknown: [] };
  const unknown = members
    .filter(([name]) => !names.has(name))
    .slice(0, unknownMax)
    .map(([name]) => ({
      path: [name.slice(0, nameMax).toWellFormed()],
      code: 'unknown_member',
      detail: 'is not known here',
    }));
  return { known, unknown };
}

/** What a class says of its members. */
interface Shape {
  readonly names: ReadonlySet<string>;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Marked with IgnoresUnknownMembers. */
  readonly ignoresUnknown: boolean;
}

const shapes = new WeakMap<Type<object>, Shape>();

function shapeOf(type: Type<object>): Shape {
  const known = shapes.get(type);
  if (known !== undefined) return known;
  const declared = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const shape = {
    names: new Set(declared.map(({ propertyName }) => propertyName)),
    defaults: defaultsOf(type),
    ignoresUnknown: Reflect.getMetadata(ignoresUnknownKey, type) === true,
  };
  shapes.set(type, shape);
  return shape;
}

function wrong(errors: readonly LocatedError[]): { value: undefined; errors: readonly LocatedError[] } {
  return { value: undefined, errors };
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
