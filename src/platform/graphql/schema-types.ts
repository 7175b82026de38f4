import type { Type } from '@nestjs/common';
import { ArgsType, Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { GraphQLScalarType } from 'graphql';
import { isTagged } from '../http/conditional/entity-tag.ts';
import { oncePerClass } from '../validation/class-rules.ts';
import { enumDescription } from '../validation/enum-fields.ts';
import type { JsonSchema, Member } from '../validation/json-schema.ts';
import { membersOf } from '../validation/json-schema.ts';
import { DateTime, Json } from './scalars.ts';

/*
 * GraphQL types of DTOs, from what the field decorators declare: a resolver declares no member again. Each function
 * declares the type on its first use and returns the class, for the decorators of @nestjs/graphql. Call it when the file
 * of a resolver is loaded, not in the functions of decorators: those run after the types were collected.
 */

/** The object type of a response. Its name is the one of the class without `Dto`. */
export const objectTypeOf = oncePerClass((dto) => {
  ObjectType(nameOf(dto), describe(dto))(dto);
  declareMembers(dto, membersOf(dto), objectTypeOf);
  if (isTagged(dto)) Field(() => String, { description: etagDescription })(dto.prototype as object, 'etag');
  return dto;
});

/** The input type of a request body: `UpdateUserDto` becomes `UpdateUserInput`. */
export const inputTypeOf = oncePerClass((dto) => {
  InputType(`${nameOf(dto)}Input`, describe(dto))(dto);
  declareMembers(dto, membersOf(dto), inputTypeOf);
  return dto;
});

/** Makes the members of a class the arguments of a field, without those in `except`. */
export function declareArguments(type: Type<object>, except: ReadonlySet<string> = new Set()): void {
  ArgsType()(type);
  const members = membersOf(type).filter(([name]) => !except.has(name));
  declareMembers(type, members, inputTypeOf);
}

const etagDescription = 'The version of the resource, as the argument `ifMatch` of its mutations takes it.';

type NestedType = (type: Type<object>) => Type<object>;

function declareMembers(dto: Type<object>, members: readonly [string, Member][], nested: NestedType): void {
  for (const [name, member] of members) {
    const { description, default: defaultValue } = member.schema;
    const type = typeOf(member, nested);
    const isList = typesOf(member.schema).includes('array');
    const isNullable = !member.required || typesOf(member.schema).includes('null');
    Field(() => (isList ? [type] : type), {
      description: String(description),
      ...(isNullable ? { nullable: true } : {}),
      ...(defaultValue === undefined ? {} : { defaultValue }),
    })(dto.prototype as object, name);
  }
}

type FieldType = Type<object> | GraphQLScalarType | object;

/** The type of a member, or of its entries. */
function typeOf({ schema, type, enumName }: Member, nested: NestedType): FieldType {
  if (type !== undefined) return nested(type);
  const entry = (schema['items'] ?? schema) as JsonSchema;
  const values = entry['enum'] as readonly (string | null)[] | undefined;
  if (enumName !== undefined && values !== undefined) return enumOf(enumName, values);
  if (entry['format'] === 'uuid') return ID;
  if (entry['format'] === 'date-time') return DateTime;
  if (entry['format'] === 'int32') return Int;
  return byJsonType[typesOf(entry).find((one) => one !== 'null') ?? 'object'] ?? Json;
}

/** GraphQL has no whole numbers beyond 32 bits. */
const byJsonType: Readonly<Record<string, FieldType>> = {
  string: String,
  boolean: Boolean,
  integer: Float,
  number: Float,
};

function typesOf({ type = [] }: JsonSchema): readonly string[] {
  return [type].flat();
}

const enums = new Map<string, object>();

/** The enum of this name. A value that is no name in GraphQL gets one: `-createdAt` becomes `createdAt_desc`. */
function enumOf(name: string, values: readonly (string | null)[]): object {
  const known = enums.get(name);
  if (known !== undefined) return known;
  const entries = values.filter((value) => value !== null).map((value) => [enumValueName(value), value] as const);
  const declared = Object.fromEntries(entries);
  registerEnumType(declared, { name, description: enumDescription(name) ?? '' });
  enums.set(name, declared);
  return declared;
}

function enumValueName(value: string): string {
  const name = value.startsWith('-') ? `${value.slice(1)}_desc` : value;
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

/** The name of a class without `Dto`. */
export function nameOf({ name }: Type<object>): string {
  return name.replace(/Dto$/, '');
}

/** The description that `@ApiSchema()` declares. */
function describe(dto: Type<object>): { description?: string } {
  const declared = (Reflect.getMetadata('swagger/apiSchema', dto) ?? []) as readonly { description?: string }[];
  // Those of the base classes precede it.
  const schema = declared.at(-1);
  return schema?.description === undefined ? {} : { description: schema.description };
}
