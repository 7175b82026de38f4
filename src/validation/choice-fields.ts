import { ArrayMaxSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import type { FieldOptions } from './field.ts';
import { field } from './field.ts';
import { readFromText } from './query-text.ts';

/** What a closed list of strings is called in the document. */
export interface ChoiceName {
  /** The schema's name. */
  readonly name: string;
  /** What its values mean wherever they stand; needed when several fields share the name. */
  readonly about?: string;
}

/** One of a closed list of strings. */
export function OneOf(values: readonly string[], options: FieldOptions & ChoiceName): PropertyDecorator {
  describe(values, options);
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
  options: FieldOptions & ChoiceName & { readonly max: number },
): PropertyDecorator {
  describe(values, options);
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

interface Choice {
  readonly values: string;
  readonly about: string;
}

const choices = new Map<string, Choice>();

/** What the values of the list with this name mean, if a loaded module declares one. */
export function choiceDescription(name: string): string | undefined {
  return choices.get(name)?.about;
}

/** The document has one schema for each name: fields that share it have to mean the same by it. */
function describe(values: readonly string[], { name, about, description }: FieldOptions & ChoiceName): void {
  const choice = { values: values.join(), about: about ?? description };
  const known = choices.get(name) ?? choice;
  if (known.values !== choice.values || known.about !== choice.about) {
    throw new Error(`Two lists are called ${name}: give them the same values, and say by \`about\` what these mean`);
  }
  choices.set(name, choice);
}
