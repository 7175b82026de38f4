/** The constraints of a value. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string; readonly mapping: Readonly<Record<string, string>> };
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
}

/** The schemas of a document by name. */
export interface Named {
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** The schema with its reference resolved, its parts merged, and what its alternatives have in common. */
export function resolved(schema: Schema, document: Named): Schema {
  const { $ref, allOf = [], anyOf, oneOf, ...own } = schema;
  const named = $ref === undefined ? [] : [document.components?.schemas?.[nameOf($ref)] ?? {}];
  const parts = [...named, ...allOf].map((part) => resolved(part, document));
  const alternatives = (anyOf ?? oneOf)?.map((part) => resolved(part, document)) ?? [];
  return [...parts, ...(alternatives.length === 0 ? [] : [shared(alternatives)]), listed(own)].reduce(both, {});
}

/** The variants of a discriminated union, by the value of the discriminator. */
export function variantsOf(schema: Schema, document: Named): Readonly<Record<string, Schema>> | undefined {
  const target = schema.$ref === undefined ? schema : document.components?.schemas?.[nameOf(schema.$ref)];
  const { mapping } = target?.discriminator ?? {};
  if (mapping === undefined) return undefined;
  return Object.fromEntries(Object.entries(mapping).map(([value, $ref]) => [value, { $ref }]));
}

export function typesOf({ type = [] }: Schema): string[] {
  return [type].flat();
}

/** The last part of a reference. */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** The constraints of a value that has to match both; those of the second on the value itself replace the first's. */
function both(first: Schema, second: Schema): Schema {
  const required = [...new Set([...(first.required ?? []), ...(second.required ?? [])])];
  const members = { ...first.properties };
  for (const [name, member] of Object.entries(second.properties ?? {})) {
    const known = members[name];
    members[name] = known === undefined ? member : { allOf: [known, member] };
  }
  return {
    ...first,
    ...second,
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(members).length === 0 ? {} : { properties: members }),
  };
}

/** The constraints of a value that matches any of these; null has no members. */
function shared(alternatives: readonly Schema[]): Schema {
  const [first = {}, ...others] = alternatives.filter((alternative) => typesOf(alternative).join() !== 'null');
  const types = [...new Set(alternatives.flatMap(typesOf))];
  const typed = types.length === 0 ? {} : { type: types };
  if (others.length === 0) return { ...first, ...typed };
  const all = [first, ...others];
  const names = Object.keys(first.properties ?? {}).filter((name) =>
    all.every(({ properties = {} }) => name in properties),
  );
  const values = all.map((alternative) => alternative.enum);
  const alike = Object.entries(first).filter(([keyword, value]) =>
    others.every((other) => JSON.stringify(other[keyword as keyof Schema]) === JSON.stringify(value)),
  );
  return {
    ...Object.fromEntries(alike),
    ...typed,
    properties: Object.fromEntries(
      names.map((name) => [name, { anyOf: all.map(({ properties }) => properties?.[name] ?? {}) }]),
    ),
    required: (first.required ?? []).filter((name) => all.every(({ required = [] }) => required.includes(name))),
    ...(values.includes(undefined) ? {} : { enum: values.flat() }),
  };
}

/** A constant is a list of one. */
function listed({ const: constant, ...schema }: Schema): Schema {
  return constant === undefined ? schema : { ...schema, enum: [constant] };
}
