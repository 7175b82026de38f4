import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import { booleanOf, numberOf } from './query-text.ts';

/** Reads the text of a query parameter; returns the text itself when it is invalid. */
type Read = (text: string) => unknown;

/**
 * What `@Type(() => Boolean)`, `@Type(() => Number)` and `@Type(() => String)` do, recognized by their results:
 * class-transformer has no public way to read its metadata.
 */
const conversions: readonly { readonly input: unknown; readonly output: unknown; readonly read: Read }[] = [
  { input: 'false', output: true, read: booleanOf },
  { input: '0x10', output: 16, read: numberOf },
  { input: 16, output: '16', read: (text) => text },
];

const knownTypes = new WeakMap<Type<object>, ReadonlyMap<string, Read>>();

/**
 * Undoes the conversions of `@Type()` to primitive types, which turn `'false'` into `true` and `''` into 0: JSON values
 * are not converted, and the text of a query is read strictly.
 * @param instance the result of plainToInstance, changed in place
 * @param input the object that it was made of
 */
export function undoPrimitiveConversions(instance: object, input: object, fromText: boolean): void {
  const types = primitiveTypesOf(instance.constructor as Type<object>);
  const values = instance as Record<string, unknown>;
  for (const [name, received] of Object.entries(input)) {
    const read = types.get(name);
    if (read !== undefined) values[name] = fromText ? readText(received, read) : received;
    else undoInMembers(values[name], received, fromText);
  }
}

/** Members that are instances of other classes, and lists of them. */
function undoInMembers(value: unknown, received: unknown, fromText: boolean): void {
  if (Array.isArray(value) && Array.isArray(received)) {
    for (const [at, element] of value.entries()) undoInMembers(element, received[at], fromText);
    return;
  }
  if (!isObject(value) || !isObject(received) || value.constructor === Object) return;
  undoPrimitiveConversions(value, received, fromText);
}

function readText(received: unknown, read: Read): unknown {
  if (Array.isArray(received)) return received.map((element: unknown) => readText(element, read));
  return typeof received === 'string' ? read(received) : received;
}

/** The members of a class that `@Type()` converts to a primitive type; found once for each class. */
function primitiveTypesOf(type: Type<object>): ReadonlyMap<string, Read> {
  const known = knownTypes.get(type);
  if (known !== undefined) return known;
  const types = new Map<string, Read>();
  for (const { propertyName: name } of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const conversion = conversions.find(({ input, output }) => convert(type, name, input) === output);
    if (conversion !== undefined) types.set(name, conversion.read);
  }
  knownTypes.set(type, types);
  return types;
}

function convert(type: Type<object>, name: string, input: unknown): unknown {
  try {
    return (plainToInstance(type, { [name]: input }) as Record<string, unknown>)[name];
  } catch {
    // A transformation that does not accept this input is none of these.
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
