import type { Type as Class } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import type { FieldOptions } from './field.ts';
import { field } from './field.ts';
import { defaultsOf, jsonSchemaOf } from './json-schema.ts';

const isObject = { message: 'must be an object' };

/** An object whose members another class describes. */
export function ObjectField(type: Class<object>, options: FieldOptions): PropertyDecorator {
  assertNestable(type);
  return field(options, {
    schema: jsonSchemaOf(type),
    // A function is the only form that supports null together with a named schema.
    document: { type: () => type },
    type,
    validators: [Type(() => type), IsObject(isObject), ValidateNested(isObject)],
  });
}

/** Rejects a class whose members have defaults: only those of the outermost object are filled in. */
export function assertNestable(type: Class<object>): void {
  if (Object.keys(defaultsOf(type)).length > 0)
    throw new Error(`${type.name} is nested: its defaults would not be filled in`);
}

/** An object of any shape: its consumer has to validate it. */
export function AnyObjectField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'object', additionalProperties: true },
    validators: [
      // Kept as it was sent.
      Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
      IsObject(isObject),
    ],
  });
}
