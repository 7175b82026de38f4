import { getSchemaPath } from '@nestjs/swagger';
import type { MemberSchema, MemberSchemas } from './document-addition.ts';
import type { NamedSchemas } from './examples.ts';
import { exampleOf } from './examples.ts';

/** One of the schemas that a schema stands for. */
export interface Variant {
  /** The value of the member that tells the variants apart. */
  readonly value: string;
  /** The variant's own name in the document. */
  readonly name: string;
  readonly description: string;
  /** Members whose schemas are particular to the variant. */
  readonly members: Readonly<Record<string, object>>;
}

/** A schema that is to be one of several, by the value of one of its members. */
export interface TypedUnion {
  readonly schema: string;
  /** The member that tells the variants apart. */
  readonly by: string;
  readonly variants: readonly Variant[];
}

/**
 * Makes a schema of what clients send one of several. Each variant stands by itself, so that it can be closed, and its
 * example has no members but those that are required.
 */
export function makeRequestUnion(schemas: MemberSchemas, union: TypedUnion): void {
  const generic = schemas[union.schema];
  if (generic === undefined) return;
  for (const variant of union.variants) {
    const properties = { ...generic.properties, ...membersOf(union, variant) };
    const described = { ...generic, description: variant.description, properties };
    addSchema(schemas, variant.name, { ...described, example: leastExampleOf(described, schemas) });
  }
  schemas[union.schema] = oneOf(generic, union);
}

/** Makes a schema of replies one of several: what they have in common is written once, under a name that ends in Base. */
export function makeReplyUnion(schemas: MemberSchemas, union: TypedUnion): void {
  const generic = schemas[union.schema];
  const [first] = union.variants;
  if (generic === undefined || first === undefined) return;
  const particular = Object.keys(membersOf(union, first));
  const base = union.schema.replace(/Dto$/, 'Base');
  addSchema(schemas, base, {
    ...generic,
    description: 'What all variants have in common.',
    properties: without(generic.properties ?? {}, particular),
    required: (generic.required ?? []).filter((name) => !particular.includes(name)),
  });
  for (const variant of union.variants) {
    const own = { type: 'object', required: particular, properties: membersOf(union, variant) };
    addSchema(schemas, variant.name, {
      description: variant.description,
      allOf: [{ $ref: getSchemaPath(base) }, own],
    });
  }
  schemas[union.schema] = oneOf(generic, union);
}

/** The example of an object that has no members but those that are required. */
export function leastExampleOf({ properties = {}, required = [] }: MemberSchema, schemas: MemberSchemas): unknown {
  const least = Object.fromEntries(Object.entries(properties).filter(([name]) => required.includes(name)));
  return exampleOf({ type: 'object', properties: least, required }, schemas as NamedSchemas);
}

function membersOf({ by }: TypedUnion, { value, members }: Variant): Record<string, object> {
  return { [by]: { const: value }, ...members };
}

function oneOf({ description }: MemberSchema, { by, variants }: TypedUnion): MemberSchema {
  return {
    ...(description === undefined ? {} : { description }),
    oneOf: variants.map(({ name }) => ({ $ref: getSchemaPath(name) })),
    discriminator: {
      propertyName: by,
      mapping: Object.fromEntries(variants.map(({ value, name }) => [value, getSchemaPath(name)])),
    },
  };
}

function addSchema(schemas: MemberSchemas, name: string, schema: MemberSchema): void {
  if (name in schemas) throw new Error(`Two schemas of the document are called ${name}`);
  schemas[name] = schema;
}

function without(members: Readonly<Record<string, object>>, names: readonly string[]): Record<string, object> {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}
