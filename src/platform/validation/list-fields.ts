import type { Type as Class } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, ValidateBy, ValidateNested } from 'class-validator';
import { lengthOf, tooShort } from './code-points.ts';
import type { EntryContext } from './error-pointers.ts';
import type { FieldOptions } from './field.ts';
import { field, freeText } from './field.ts';
import { assertPublishable } from './fields.ts';
import { assertNestable } from './object-fields.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { isPlainObject } from './objects.ts';
import { readFromText } from './query-text.ts';

/*
 * Lists of strings and of objects; for lists of an enum's values see enum-fields.ts. A violation of an entry has the
 * entry's pointer: `#/tags/3`, `#/items/0/price`.
 */

export interface ListOptions extends FieldOptions {
  /** Fewest entries; 0 when absent. */
  readonly min?: number;
  /** Most entries. */
  readonly max: number;
}

export interface StringArrayOptions extends ListOptions {
  /**
   * The rules of each entry, as in StringField: lengths in code points, a pattern of RE2 without flags other than `u`.
   */
  readonly items: { readonly min?: number; readonly max: number; readonly pattern?: RegExp };
  /** Entries must differ. */
  readonly unique?: true;
}

/**
 * A list of strings. In a query the parameter is repeated for each of them (`style: form`, `explode: true`, the default
 * of OpenAPI).
 */
export function StringArrayField(options: StringArrayOptions): PropertyDecorator {
  const { items, unique = false } = options;
  const { min = 0, max, pattern } = items;
  assertPublishable(pattern);
  const entry = { type: 'string', minLength: min, maxLength: max, pattern: pattern?.source ?? freeText };
  const isText = (value: unknown): value is string => typeof value === 'string';
  return field(options, {
    schema: { type: 'array', items: entry, ...limitsOf(options), ...(unique ? { uniqueItems: true } : {}) },
    validators: [
      readFromText((text) => [text]),
      ...listRules(options),
      ...(unique
        ? [listRule('arrayUnique', (list) => new Set(list).size === list.length, 'must not repeat an entry')]
        : []),
      entryRule('isString', isText, 'must be a string'),
      entryRule('minLength', (value) => !isText(value) || lengthOf(value) >= min, tooShort(min)),
      entryRule(
        'maxLength',
        (value) => !isText(value) || lengthOf(value) <= max,
        `must have at most ${max} characters`,
      ),
      ...(pattern === undefined
        ? []
        : [entryRule('matches', (value) => !isText(value) || pattern.test(value), `must match ${pattern.source}`)]),
    ],
  });
}

/** A list of objects whose members another class describes. */
export function ObjectArrayField(type: Class<object>, options: ListOptions): PropertyDecorator {
  assertNestable(type);
  const message = 'must be an object';
  return field(options, {
    schema: { type: 'array', items: jsonSchemaOf(type), ...limitsOf(options) },
    document: { type: () => type, isArray: true, ...limitsOf(options) },
    type,
    validators: [
      Type(() => type),
      ...listRules(options),
      // ValidateNested() accepts lists within the list.
      entryRule('isObject', isPlainObject, message),
      ValidateNested({ message }),
    ],
  });
}

function limitsOf({ min = 0, max }: ListOptions): { minItems?: number; maxItems: number } {
  return { ...(min === 0 ? {} : { minItems: min }), maxItems: max };
}

function listRules({ min = 0, max }: ListOptions): PropertyDecorator[] {
  const tooFew = min === 1 ? 'must not be empty' : `must have at least ${min} entries`;
  return [
    IsArray({ message: 'must be a list' }),
    listRule('arrayMinSize', ({ length }) => length >= min, tooFew),
    listRule('arrayMaxSize', ({ length }) => length <= max, `must have at most ${max} entries`),
  ];
}

/** A rule of lists; IsArray() reports other values. */
function listRule(name: string, isValid: (list: readonly unknown[]) => boolean, message: string): PropertyDecorator {
  const validate = (value: unknown): boolean => !Array.isArray(value) || isValid(value);
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}

/** A rule of the entries of a list, whose violations have the pointers of the entries. */
function entryRule(name: string, isValidEntry: (entry: unknown) => boolean, message: string): PropertyDecorator {
  const validate = (value: unknown): boolean => !Array.isArray(value) || value.every(isValidEntry);
  const context: EntryContext = { isValidEntry };
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } }, { context });
}
