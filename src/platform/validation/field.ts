import type { Type } from '@nestjs/common';
import { applyDecorators } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import type { JsonSchema } from './json-schema.ts';
import { registerProperty, orNull } from './json-schema.ts';

/** The pattern of strings without another one: U+0000 is rejected everywhere. */
export const freeText = '^[^\\x00]*$';

/** Options of every field. */
export interface FieldOptions {
  readonly description: string;
  readonly example?: unknown;
  /** The member may be absent. */
  readonly optional?: true;
  /** The value of an absent member: documented, and filled in by `validateInput`. */
  readonly default?: unknown;
  /** The member may be null. */
  readonly nullable?: true;
}

/** Preserves the keywords that @nestjs/swagger drops from a query parameter whose schema has a name. */
export const namedSchemaSiblings = 'x-plinth-named-schema-siblings';

/** The rules of a value, for the document, the schemas of job types and the validator. */
export interface FieldRules {
  readonly schema: JsonSchema;
  /** The OpenAPI schema where it differs from `schema`: named schemas. */
  readonly document?: ApiPropertyOptions;
  readonly validators: readonly PropertyDecorator[];
  /** The class of the member or of its entries, if another class describes them. */
  readonly type?: Type<object>;
  /** The name of the enum of the member or of its entries, if its values are the same in every deployment. */
  readonly enumName?: string;
}

/** Combines the decorators of the validator, the document and the schemas of job types. */
export function field(options: FieldOptions, rules: FieldRules): PropertyDecorator {
  const { schema, document, validators } = rules;
  const { description, example, nullable = false } = options;
  const optional = isOptional(options);
  const property = {
    ...(document ?? schema),
    description,
    required: !optional,
    ...(nullable ? { nullable: true } : {}),
    ...defaultOf(options),
    ...(example === undefined ? {} : { example }),
    ...(document === undefined || !('enumName' in document)
      ? {}
      : { [namedSchemaSiblings]: siblingsOfNamedSchema(options, document) }),
  } as ApiPropertyOptions;
  return applyDecorators(
    ApiProperty(property),
    describeField(options, rules),
    ...(optional || nullable ? [ValidateIf((_, value: unknown) => needsValidation(value, optional, nullable))] : []),
    ...validators,
  );
}

function describeField(options: FieldOptions, { schema: declared, type, enumName }: FieldRules): PropertyDecorator {
  const { description, nullable = false } = options;
  const { example, ...rules } = declared;
  const base = {
    ...(nullable ? orNull(rules) : rules),
    description,
    ...defaultOf(options),
  };
  // OpenAPI has one example, JSON Schema a list.
  const shownExample = options.example ?? example;
  const schema = shownExample === undefined ? base : { ...base, examples: [shownExample] };
  return (prototype, name) => {
    registerProperty(prototype, String(name), { schema, required: !isOptional(options), type, enumName });
  };
}

function defaultOf({ default: value }: FieldOptions): { default?: unknown } {
  return value === undefined ? {} : { default: value };
}

function siblingsOfNamedSchema(options: FieldOptions, { maxItems, uniqueItems }: ApiPropertyOptions): object {
  return {
    ...defaultOf(options),
    ...(maxItems === undefined ? {} : { maxItems }),
    ...(uniqueItems === undefined ? {} : { uniqueItems }),
  };
}

function isOptional({ optional, default: value }: FieldOptions): boolean {
  return optional === true || value !== undefined;
}

/** Skips validation of absent and null where they are allowed; elsewhere the validators reject them. */
function needsValidation(value: unknown, optional: boolean, nullable: boolean): boolean {
  if (value === undefined) return !optional;
  if (value === null) return !nullable;
  return true;
}
