import type { Type } from '@nestjs/common';
import { ValidationTypes } from 'class-validator';
import { oncePerClass, rulesOf } from './class-rules.ts';
import type { LocatedError } from './error-pointers.ts';
import { isObject } from './objects.ts';

/** What the declared type of a member with `@ValidateNested()` allows. */
type Shape = 'list' | 'object' | 'any';

/** The members with `@ValidateNested()`. */
const shapesOf = oncePerClass((type): ReadonlyMap<string, Shape> => {
  const nested = rulesOf(type).filter((rule) => rule.type === ValidationTypes.NESTED_VALIDATION);
  return new Map(nested.map(({ propertyName, each }) => [propertyName, shapeOf(type, propertyName, each)]));
});

/**
 * The violations that class-transformer and class-validator do not report: a list in place of an object with
 * `@ValidateNested()`, an object in place of a list, lists in its entries, and members of nested objects that are named
 * like a method (`toString`), which class-transformer drops.
 * @param instance the result of plainToInstance
 * @param input the object that it was made of
 */
export function nestedShapeErrors(instance: object, input: object, path: readonly string[] = []): LocatedError[] {
  const shapes = shapesOf(instance.constructor as Type<object>);
  const values = instance as Record<string, unknown>;
  return Object.entries(input).flatMap(([name, received]: [string, unknown]) => {
    if (!Object.hasOwn(values, name)) return path.length > 0 && name in values ? [unknownMember([...path, name])] : [];
    if (!isObject(received) || values[name] === received) return [];
    return memberErrors({ value: values[name], received, path: [...path, name] }, shapes.get(name));
  });
}

/** Adds shape errors to those of the rules: without errors inside a value that is invalid itself. */
export function withShapeErrors(reported: readonly LocatedError[], shapes: readonly LocatedError[]): LocatedError[] {
  const added = shapes.filter(({ path }) => !reported.some((other) => startsWith(path, other.path)));
  const kept = reported.filter(({ path }) => !shapes.some((shape) => isInside(path, shape.path)));
  return [...kept, ...added];
}

function isInside(path: readonly string[], parent: readonly string[]): boolean {
  return path.length > parent.length && startsWith(path, parent);
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((name, at) => name === path[at]);
}

interface Member {
  readonly value: unknown;
  readonly received: unknown;
  readonly path: readonly string[];
}

function memberErrors({ value, received, path }: Member, shape: Shape | undefined): LocatedError[] {
  if (!isObject(value) || !isObject(received) || value instanceof Map || value instanceof Set) return [];
  if (!Array.isArray(received)) return shape === 'list' ? [notList(path)] : nestedShapeErrors(value, received, path);
  if (shape === 'object') return [notObject(path)];
  if (!Array.isArray(value)) return [];
  return received.flatMap((entry: unknown, at) => {
    const entryPath = [...path, String(at)];
    if (shape !== undefined && Array.isArray(entry)) return [notObject(entryPath)];
    return memberErrors({ value: value[at], received: entry, path: entryPath }, undefined);
  });
}

/** TypeScript emits `Object` for interfaces and unions, which may be lists. */
function shapeOf(type: Type<object>, name: string, each: boolean): Shape {
  const declared: unknown = Reflect.getMetadata('design:type', type.prototype as object, name);
  if (declared === Array) return 'list';
  return each || declared === undefined || declared === Object ? 'any' : 'object';
}

function notList(path: readonly string[]): LocatedError {
  return { path, code: 'is_array', detail: 'must be a list' };
}

function notObject(path: readonly string[]): LocatedError {
  return { path, code: 'is_object', detail: 'must be an object' };
}

function unknownMember(path: readonly string[]): LocatedError {
  return { path, code: 'unknown_member', detail: 'is not known here' };
}
