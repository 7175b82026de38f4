/** A schema of the document, with the keywords that examples are built from. */
export interface ExampleSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly const?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly ExampleSchema[];
  readonly anyOf?: readonly ExampleSchema[];
  readonly oneOf?: readonly ExampleSchema[];
  readonly items?: ExampleSchema;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, ExampleSchema>>;
  readonly required?: readonly string[];
}

/** The named schemas of the document. */
export type NamedSchemas = Readonly<Record<string, ExampleSchema>>;

/**
 * A deterministic value of this schema, built from the examples of its members. An optional member without an example
 * is omitted.
 */
export function exampleOf(schema: ExampleSchema, named: NamedSchemas): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if ((schema.allOf?.length ?? 0) > 1)
    return Object.assign({}, ...(schema.allOf ?? []).map((part) => exampleOf(part, named))) as object;
  const target = targetOf(schema, named);
  if (target !== undefined) return exampleOf(target, named);
  if (schema.enum !== undefined) return schema.enum[0];
  const [type] = [schema.type].flat();
  if (type === 'object') return exampleObject(schema, named);
  if (type === 'array') return schema.items === undefined ? [] : [exampleOf(schema.items, named)];
  if (type === 'integer' || type === 'number') return schema.minimum ?? 0;
  return type === 'boolean' ? false : 'text';
}

/** The required members, and the optional ones with an example. */
function exampleObject({ properties = {}, required = [] }: ExampleSchema, named: NamedSchemas): object {
  const shown = Object.entries(properties).filter(
    ([name, { example }]) => required.includes(name) || example !== undefined,
  );
  return Object.fromEntries(shown.map(([name, member]) => [name, exampleOf(member, named)]));
}

/** The referenced schema, or the first alternative. */
function targetOf({ $ref, allOf, anyOf, oneOf }: ExampleSchema, named: NamedSchemas): ExampleSchema | undefined {
  return $ref === undefined ? (allOf ?? anyOf ?? oneOf)?.[0] : named[schemaName($ref)];
}

/** The name of the referenced schema: the last segment of the reference. */
export function schemaName(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
