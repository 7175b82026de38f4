import { ArrayMaxSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import type { FieldOptions } from './field.ts';
import { field } from './field.ts';
import { readFromText } from './query-text.ts';

/** One of a closed list of strings; `name` is the schema's name in the document. */
export function OneOf(values: readonly string[], options: FieldOptions & { readonly name: string }): PropertyDecorator {
  return field(options, {
    schema: { type: 'string', enum: [...values] },
    document: { enum: [...values], enumName: options.name },
    validators: [IsIn(values, { message: `must be one of ${values.join(', ')}` })],
  });
}

/**
 * A list of strings, each of the closed list, none twice. In a query the parameter is repeated for each of them
 * (`style: form`, `explode: true`, as OpenAPI has it by default).
 */
export function SomeOf(
  values: readonly string[],
  options: FieldOptions & { readonly name: string; readonly max: number },
): PropertyDecorator {
  return field(options, {
    schema: {
      type: 'array',
      items: { type: 'string', enum: [...values] },
      maxItems: options.max,
      uniqueItems: true,
    },
    document: { enum: [...values], enumName: options.name, isArray: true, maxItems: options.max, uniqueItems: true },
    validators: [
      readFromText((text) => [text]),
      IsArray({ message: 'must be a list' }),
      ArrayMaxSize(options.max, { message: `must have at most ${options.max} entries` }),
      ArrayUnique({ message: 'must not repeat an entry' }),
      IsIn(values, { each: true, message: `must hold only ${values.join(', ')}` }),
    ],
  });
}
