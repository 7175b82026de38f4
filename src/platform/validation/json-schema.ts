import type { Type } from '@nestjs/common';

/** The part of a JSON Schema (2020-12) that fields.ts uses. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly [keyword: string]: unknown;
}

/** What is declared about a member of a class. */
export interface Member {
  readonly schema: JsonSchema;
  readonly required: boolean;
  /** The class of the member or of its entries, if another class describes them. */
  readonly type?: Type<object> | undefined;
  /** The name of the enum of the member or of its entries. */
  readonly enumName?: string | undefined;
}

const key = 'plinth:members';

/** Registers the schema of a class member; fields.ts calls it for every field. */
export function registerProperty(prototype: object, name: string, member: Member): void {
  const known = Reflect.getMetadata(key, prototype) as ReadonlyMap<string, Member> | undefined;
  // Copied, because other subclasses share the members of the base class.
  Reflect.defineMetadata(key, new Map([...(known ?? []), [name, member]]), prototype);
}

/** The JSON Schema of a class: it accepts the same values as the validator. */
export function jsonSchemaOf(type: Type<object>): JsonSchema {
  const members = membersOf(type);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, { schema }]) => [name, schema])),
    required: members.filter(([, { required }]) => required).map(([name]) => name),
    additionalProperties: false,
  };
}

/** The default values of members, by name. */
export function defaultsOf(type: Type<object>): Readonly<Record<string, unknown>> {
  const withDefault = membersOf(type).filter(([, { schema }]) => 'default' in schema);
  return Object.fromEntries(withDefault.map(([name, { schema }]) => [name, schema['default']]));
}

/** The declared members of a class and of its base classes, in order. */
export function membersOf(type: Type<object>): [name: string, Member][] {
  const members = Reflect.getMetadata(key, type.prototype as object) as ReadonlyMap<string, Member> | undefined;
  return [...(members ?? [])];
}

/** The schema extended by null. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(type === undefined ? {} : { type: [type, 'null'].flat() }),
    ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}),
  };
}
