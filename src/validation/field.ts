import { applyDecorators } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import type { JsonSchema } from './json-schema.ts';
import { noteMember, orNull } from './json-schema.ts';

/** What any text may be: U+0000 is refused wherever it stands. */
export const freeText = '^[^\\x00]*$';

/** What can be said of every field. */
export interface FieldOptions {
  readonly description: string;
  readonly example?: unknown;
  /** The member may be absent. */
  readonly optional?: true;
  /** The value of an absent member: the document says it, and `validated` fills it in. */
  readonly default?: unknown;
  /** The member may be null. */
  readonly nullable?: true;
}

/** Carries what @nestjs/swagger drops of a query parameter whose schema has a name: what is said beside the name. */
export const besideNameExtension = 'x-plinth-beside-name';

/** What a value must be, told to each of those who want to know. */
export interface FieldRules {
  readonly schema: JsonSchema;
  /** Where the document's way to say it differs: named schemas. */
  readonly document?: ApiPropertyOptions;
  readonly validators: readonly PropertyDecorator[];
}

/** Makes one decorator for the validator, the document and the schema of job types. */
export function field(options: FieldOptions, { schema, document, validators }: FieldRules): PropertyDecorator {
  const { description, example, nullable = false } = options;
  const optional = mayBeAbsent(options);
  const told = {
    ...(document ?? schema),
    description,
    required: !optional,
    ...(nullable ? { nullable: true } : {}),
    ...byDefault(options),
    ...(example === undefined ? {} : { example }),
    ...(document === undefined || !('enumName' in document)
      ? {}
      : { [besideNameExtension]: besideName(options, document) }),
  } as ApiPropertyOptions;
  return applyDecorators(
    ApiProperty(told),
    noted(options, schema),
    ...(optional || nullable ? [ValidateIf((_, value: unknown) => isGiven(value, optional, nullable))] : []),
    ...validators,
  );
}

function noted(options: FieldOptions, { example, ...rules }: JsonSchema): PropertyDecorator {
  const { description, nullable = false } = options;
  const described = {
    ...(nullable ? orNull(rules) : rules),
    description,
    ...byDefault(options),
  };
  // OpenAPI has one example, JSON Schema a list.
  const shown = options.example ?? example;
  const schema = shown === undefined ? described : { ...described, examples: [shown] };
  return (prototype, name) => {
    noteMember(prototype, String(name), { schema, required: !mayBeAbsent(options) });
  };
}

function byDefault({ default: value }: FieldOptions): { default?: unknown } {
  return value === undefined ? {} : { default: value };
}

function besideName(options: FieldOptions, { maxItems, uniqueItems }: ApiPropertyOptions): object {
  return {
    ...byDefault(options),
    ...(maxItems === undefined ? {} : { maxItems }),
    ...(uniqueItems === undefined ? {} : { uniqueItems }),
  };
}

function mayBeAbsent({ optional, default: value }: FieldOptions): boolean {
  return optional === true || value !== undefined;
}

/** Absent and null are skipped where they are allowed, and meet the rules where they are not. */
function isGiven(value: unknown, optional: boolean, nullable: boolean): boolean {
  if (value === undefined) return !optional;
  if (value === null) return !nullable;
  return true;
}
