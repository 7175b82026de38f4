import type { Type } from '@nestjs/common';

/** A JSON Schema (2020-12), as far as fields.ts has need of it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly [keyword: string]: unknown;
}

interface Member {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

const key = 'plinth:members';

/** Notes what a member of a class must be; fields.ts does so for every field. */
export function noteMember(prototype: object, name: string, member: Member): void {
  const known = Reflect.getMetadata(key, prototype) as ReadonlyMap<string, Member> | undefined;
  // A copy: what a base class has noted is its other heirs' as well.
  Reflect.defineMetadata(key, new Map([...(known ?? []), [name, member]]), prototype);
}

/** What a value of this class must be, in the words of JSON Schema: the same as the validator accepts. */
export function jsonSchemaOf(type: Type<object>): JsonSchema {
  const members = membersOf(type);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, { schema }]) => [name, schema])),
    required: members.filter(([, { required }]) => required).map(([name]) => name),
    additionalProperties: false,
  };
}

/** The values that members have when they are absent, by name. */
export function defaultsOf(type: Type<object>): Readonly<Record<string, unknown>> {
  const withDefault = membersOf(type).filter(([, { schema }]) => 'default' in schema);
  return Object.fromEntries(withDefault.map(([name, { schema }]) => [name, schema['default']]));
}

function membersOf(type: Type<object>): [name: string, Member][] {
  const noted = Reflect.getMetadata(key, type.prototype as object) as ReadonlyMap<string, Member> | undefined;
  return [...(noted ?? [])];
}

/** The same, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(type === undefined ? {} : { type: [type, 'null'].flat() }),
    ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}),
  };
}
