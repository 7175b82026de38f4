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
  /** The member may be null. */
  readonly nullable?: true;
}

/** What a value must be, told to each of those who want to know. */
export interface FieldRules {
  readonly schema: JsonSchema;
  /** Where the document's way to say it differs: named schemas. */
  readonly document?: ApiPropertyOptions;
  readonly validators: readonly PropertyDecorator[];
}

/** Makes one decorator for the validator, the document and the schema of job types. */
export function field(options: FieldOptions, { schema, document, validators }: FieldRules): PropertyDecorator {
  const { description, example, optional = false, nullable = false } = options;
  const told = {
    ...(document ?? schema),
    description,
    required: !optional,
    ...(nullable ? { nullable: true } : {}),
    ...(example === undefined ? {} : { example }),
  } as ApiPropertyOptions;
  return applyDecorators(
    ApiProperty(told),
    noted(options, schema),
    ...(optional || nullable ? [ValidateIf((_, value: unknown) => isGiven(value, optional, nullable))] : []),
    ...validators,
  );
}

function noted(options: FieldOptions, { example, ...rules }: JsonSchema): PropertyDecorator {
  const { description, optional = false, nullable = false } = options;
  const described = { ...(nullable ? orNull(rules) : rules), description };
  // OpenAPI has one example, JSON Schema a list.
  const shown = options.example ?? example;
  const schema = shown === undefined ? described : { ...described, examples: [shown] };
  return (prototype, name) => {
    noteMember(prototype, String(name), { schema, required: !optional });
  };
}

/** Absent and null are skipped where they are allowed, and meet the rules where they are not. */
function isGiven(value: unknown, optional: boolean, nullable: boolean): boolean {
  if (value === undefined) return !optional;
  if (value === null) return !nullable;
  return true;
}
