import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { oncePerClass, rulesOf } from './class-rules.ts';
import { isObject } from './objects.ts';
import { booleanOf, numberOf } from './query-text.ts';

/** The value of a member, from the received and the converted one. */
type Restore = (received: unknown, converted: unknown, fromText: boolean) => unknown;

/** The day of the probe that recognizes `@Type(() => Date)`. */
const day = '2026-11-28';

/**
 * What `@Type(() => Boolean)`, `@Type(() => Number)`, `@Type(() => String)` and `@Type(() => Date)` do, recognized by
 * their results: class-transformer has no public way to read its metadata.
 */
const conversions: readonly {
  readonly input: unknown;
  readonly isOutput: (output: unknown) => boolean;
  readonly restore: Restore;
}[] = [
  { input: 'false', isOutput: (output) => output === true, restore: strictly(booleanOf) },
  { input: '0x10', isOutput: (output) => output === 16, restore: strictly(numberOf) },
  { input: 16, isOutput: (output) => output === '16', restore: strictly((text) => text) },
  // @Type() converts the entries of a list; a @Transform() to Date does not, and may accept numbers.
  { input: [day], isOutput: (output) => Array.isArray(output) && isDay(output[0]), restore: dateFromText },
];

/** The members of a class that `@Type()` converts to a primitive type. */
const primitiveTypesOf = oncePerClass((type): ReadonlyMap<string, Restore> => {
  const types = new Map<string, Restore>();
  for (const { propertyName: name } of rulesOf(type)) {
    const conversion = conversions.find(({ input, isOutput }) => isOutput(convert(type, name, input)));
    if (conversion !== undefined) types.set(name, conversion.restore);
  }
  return types;
});

/**
 * Undoes the conversions of `@Type()` to primitive types, which turn `'false'` into `true` and `''` into 0: JSON values
 * are not converted, and the text of a query is read strictly. Text is converted to Date, other values are not.
 * @param instance the result of plainToInstance, changed in place
 * @param input the object that it was made of
 */
export function undoPrimitiveConversions(instance: object, input: object, fromText: boolean): void {
  const types = primitiveTypesOf(instance.constructor as Type<object>);
  const values = instance as Record<string, unknown>;
  for (const [name, received] of Object.entries(input)) {
    const restore = types.get(name);
    if (restore !== undefined) values[name] = restore(received, values[name], fromText);
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

/** JSON values are kept; the text of a query is read, and the text itself returned when it is invalid. */
function strictly(read: (text: string) => unknown): Restore {
  const readText = (received: unknown): unknown => {
    if (Array.isArray(received)) return received.map(readText);
    return typeof received === 'string' ? read(received) : received;
  };
  return (received, _, fromText) => (fromText ? readText(received) : received);
}

/** `new Date()` accepts numbers and booleans too. */
function dateFromText(received: unknown, converted: unknown): unknown {
  if (Array.isArray(received) && Array.isArray(converted)) {
    return received.map((entry: unknown, at) => dateFromText(entry, converted[at]));
  }
  return typeof received === 'string' ? converted : received;
}

function isDay(value: unknown): boolean {
  return value instanceof Date && value.getTime() === Date.parse(day);
}

function convert(type: Type<object>, name: string, input: unknown): unknown {
  try {
    return (plainToInstance(type, { [name]: input }) as Record<string, unknown>)[name];
  } catch {
    // A transformation that does not accept this input is none of these.
    return undefined;
  }
}
