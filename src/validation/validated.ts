import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { illFormedStrings } from './ill-formed-strings.ts';
import type { LocatedError } from './located-errors.ts';
import { located } from './located-errors.ts';

/** The source whose values are all text: a query. */
export const fromText = 'text';

/** A class without members is known as well: it describes the empty object. */
const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };

/** Either a value of the class, or everything that is wrong with it. */
export type Validated<T> =
  | { readonly value: T; readonly errors: readonly [] }
  | { readonly value: undefined; readonly errors: readonly LocatedError[] };

/**
 * Reads an unknown value as an instance of a class whose members are declared by fields.ts, and refuses what the class
 * does not describe: unknown members, wrong types, U+0000 and lone surrogates anywhere. In a query everything is text:
 * there numbers are read from digits.
 */
export async function validated<T extends object>(
  type: Type<T>,
  input: unknown,
  source: 'json' | typeof fromText = 'json',
): Promise<Validated<T>> {
  if (!isPlainObject(input)) return wrong([{ path: [], code: 'is_object', detail: 'must be an object' }]);
  const illFormed = illFormedStrings(input);
  if (illFormed.length > 0) return wrong(illFormed);
  const value = plainToInstance(type, input, { exposeUnsetFields: false, groups: [source] });
  const errors = located(await validate(value, rules));
  return errors.length > 0 ? wrong(errors) : { value, errors: [] };
}

function wrong(errors: readonly LocatedError[]): { value: undefined; errors: readonly LocatedError[] } {
  return { value: undefined, errors };
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
