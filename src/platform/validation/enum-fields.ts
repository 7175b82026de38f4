import { ArrayMaxSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import type { FieldOptions } from './field.ts';
import { field } from './field.ts';
import { readFromText } from './query-text.ts';

/** The name of an enum in the OpenAPI document. */
export interface EnumName {
  /** The schema's name. */
  readonly name: string;
  /** The meaning of its values in every field; required when several fields share the name. */
  readonly about?: string;
}

/** One of the values of an enum. */
export function EnumField(values: readonly string[], options: FieldOptions & EnumName): PropertyDecorator {
  registerEnum(values, options);
  return field(options, {
    schema: { type: 'string', enum: [...values] },
    document: { enum: [...values], enumName: options.name },
    enumName: options.name,
    validators: [IsIn(values, { message: `must be one of ${values.join(', ')}` })],
  });
}

/**
 * A list of values of an enum without duplicates. In a query the parameter is repeated for each of them (`style: form`,
 * `explode: true`, the default of OpenAPI).
 */
export function EnumArrayField(
  values: readonly string[],
  options: FieldOptions & EnumName & { readonly max: number },
): PropertyDecorator {
  registerEnum(values, options);
  return field(options, {
    schema: {
      type: 'array',
      items: { type: 'string', enum: [...values] },
      maxItems: options.max,
      uniqueItems: true,
    },
    document: { enum: [...values], enumName: options.name, isArray: true, maxItems: options.max, uniqueItems: true },
    enumName: options.name,
    validators: [
      readFromText((text) => [text]),
      IsArray({ message: 'must be a list' }),
      ArrayMaxSize(options.max, { message: `must have at most ${options.max} entries` }),
      ArrayUnique({ message: 'must not repeat an entry' }),
      IsIn(values, { each: true, message: `must contain only ${values.join(', ')}` }),
    ],
  });
}

interface EnumDefinition {
  readonly values: string;
  readonly about: string;
}

const definitions = new Map<string, EnumDefinition>();

/** The meaning of the values of the enum with this name, undefined when no loaded module declares it. */
export function enumDescription(name: string): string | undefined {
  return definitions.get(name)?.about;
}

/** The document has one schema per name: fields that share it must have the same values and meaning. */
function registerEnum(values: readonly string[], { name, about, description }: FieldOptions & EnumName): void {
  const definition = { values: values.join(), about: about ?? description };
  const known = definitions.get(name) ?? definition;
  if (known.values !== definition.values || known.about !== definition.about) {
    throw new Error(`Two enums are named ${name}: give them the same values, and describe these in \`about\``);
  }
  definitions.set(name, definition);
}
