import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate } from 'class-validator';
import { ParameterInvalid, ValidationFailed } from '../problem/edge.errors.ts';
import type { InputError } from '../problem/problem.ts';
import { illFormedStrings } from './ill-formed-strings.ts';
import type { LocatedError } from './located-errors.ts';
import { located } from './located-errors.ts';

/** So many are told; a client that sends more mistakes than this sends something else altogether. */
const errorsMax = 100;
/** So much of an unknown name is repeated. */
const nameMax = 256;

/**
 * Turns bodies and queries into their DTO classes and refuses what the class does not describe: unknown members,
 * wrong types, U+0000 and lone surrogates anywhere. A body fails with 422, a query with 400.
 */
@Injectable()
export class StrictValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if ((type !== 'body' && type !== 'query') || !isDto(metatype)) return value;
    const input = value ?? {};
    if (!isPlainObject(input)) throw refusal(type, [{ path: [], code: 'is_object', detail: 'must be an object' }]);
    const { known, unknown } = split(input, metatype);
    const illFormed = illFormedStrings(known);
    if (illFormed.length > 0) throw refusal(type, [...illFormed, ...unknown]);
    const instance = plainToInstance(metatype, known, { exposeUnsetFields: false }) as object;
    const errors = located(await validate(instance, { whitelist: true, forbidNonWhitelisted: true }));
    if (errors.length + unknown.length > 0) throw refusal(type, [...errors, ...unknown]);
    return instance;
  }
}

/** Its own names against those of the class, before a library builds an error for each of twenty thousand. */
function split(input: object, metatype: Type): { known: object; unknown: readonly LocatedError[] } {
  const names = namesOf(metatype);
  const members = Object.entries(input);
  const unknown = members
    .filter(([name]) => !names.has(name))
    .slice(0, errorsMax)
    .map(([name]) => ({
      path: [name.slice(0, nameMax).toWellFormed()],
      code: 'unknown_member',
      detail: 'is not known here',
    }));
  return { known: Object.fromEntries(members.filter(([name]) => names.has(name))), unknown };
}

const namesByClass = new WeakMap<Type, ReadonlySet<string>>();

function namesOf(metatype: Type): ReadonlySet<string> {
  const known = namesByClass.get(metatype);
  if (known !== undefined) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(metatype, '', false, false);
  const names = new Set(rules.map(({ propertyName }) => propertyName));
  namesByClass.set(metatype, names);
  return names;
}

function refusal(type: 'body' | 'query', located: readonly LocatedError[]): ValidationFailed | ParameterInvalid {
  const count = located.length === 1 ? '1 member is invalid' : `${located.length} members are invalid`;
  const told = located.slice(0, errorsMax);
  if (type === 'body') return new ValidationFailed({ detail: count, errors: told.map(asPointer) });
  return new ParameterInvalid({
    detail: count.replace('member', 'parameter'),
    errors: told.map(({ path, code, detail }) => ({ parameter: path[0] ?? '', code, detail })),
  });
}

function asPointer({ path, code, detail }: LocatedError): InputError {
  const tokens = path.map((token) => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1')));
  return { pointer: ['#', ...tokens].join('/'), code, detail };
}

function isDto(metatype: ArgumentMetadata['metatype']): metatype is Type {
  return metatype !== undefined && ![Object, String, Number, Boolean, Array].some((builtIn) => metatype === builtIn);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
