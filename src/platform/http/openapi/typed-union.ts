import { getSchemaPath } from '@nestjs/swagger';
import type { MemberSchema, MemberSchemas } from './document-addition.ts';
import type { NamedSchemas } from './examples.ts';
import { exampleOf } from './examples.ts';
import { without } from '../../validation/objects.ts';

/** One alternative of a union. */
export interface Variant {
  /** The value of the discriminator. */
  readonly value: string;
  /** The name of its schema in the document. */
  readonly name: string;
  readonly description: string;
  /** Members whose schemas are specific to the variant. */
  readonly members: Readonly<Record<string, object>>;
}

/** A schema that becomes a discriminated union. */
export interface TypedUnion {
  readonly schema: string;
  /** The name of the discriminator. */
  readonly discriminator: string;
  readonly variants: readonly Variant[];
}

/**
 * Turns the schema of a request body into a union. Each variant is complete, so that additional properties can be
 * forbidden, and its example has only the required members.
 */
export function makeRequestUnion(schemas: MemberSchemas, union: TypedUnion): void {
  const generic = schemas[union.schema];
  if (generic === undefined) return;
  for (const variant of union.variants) {
    const properties = { ...generic.properties, ...membersOf(union, variant) };
    const described = { ...generic, description: variant.description, properties };
    addSchema(schemas, variant.name, { ...described, example: minimalExampleOf(described, schemas) });
  }
  schemas[union.schema] = oneOf(generic, union);
}

/**
 * Turns the schema of a response body into a union whose common members are in a base schema with the suffix `Base`.
 */
export function makeResponseUnion(schemas: MemberSchemas, union: TypedUnion): void {
  const generic = schemas[union.schema];
  const [first] = union.variants;
  if (generic === undefined || first === undefined) return;
  const specific = new Set(Object.keys(membersOf(union, first)));
  const base = union.schema.replace(/Dto$/, 'Base');
  addSchema(schemas, base, {
    ...generic,
    description: 'The members of all variants.',
    properties: without(generic.properties ?? {}, specific),
    required: (generic.required ?? []).filter((name) => !specific.has(name)),
  });
  for (const variant of union.variants) {
    const own = { type: 'object', required: [...specific], properties: membersOf(union, variant) };
    addSchema(schemas, variant.name, {
      description: variant.description,
      allOf: [{ $ref: getSchemaPath(base) }, own],
    });
  }
  schemas[union.schema] = oneOf(generic, union);
}

/** The example of an object with only the required members. */
export function minimalExampleOf({ properties = {}, required = [] }: MemberSchema, schemas: MemberSchemas): unknown {
  const minimal = Object.fromEntries(Object.entries(properties).filter(([name]) => required.includes(name)));
  return exampleOf({ type: 'object', properties: minimal, required }, schemas as NamedSchemas);
}

function membersOf({ discriminator }: TypedUnion, { value, members }: Variant): Record<string, object> {
  return { [discriminator]: { const: value }, ...members };
}

function oneOf({ description }: MemberSchema, { discriminator, variants }: TypedUnion): MemberSchema {
  return {
    ...(description === undefined ? {} : { description }),
    oneOf: variants.map(({ name }) => ({ $ref: getSchemaPath(name) })),
    discriminator: {
      propertyName: discriminator,
      mapping: Object.fromEntries(variants.map(({ value, name }) => [value, getSchemaPath(name)])),
    },
  };
}

function addSchema(schemas: MemberSchemas, name: string, schema: MemberSchema): void {
  if (name in schemas) throw new Error(`Duplicate schema name in the OpenAPI document: ${name}`);
  schemas[name] = schema;
}
