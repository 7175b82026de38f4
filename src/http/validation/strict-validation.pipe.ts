import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { LocatedError } from '../../validation/located-errors.ts';
import { fromText, validated } from '../../validation/validated.ts';
import { BodyMissing, ParameterInvalid, ValidationFailed } from '../problem/edge.errors.ts';
import { errorsMax, invalidMembers } from '../problem/invalid-members.ts';
import { parameterName } from './parameter-name.ts';

/**
 * Turns bodies and queries into their DTO classes and refuses what the class does not describe: unknown members,
 * wrong types, U+0000 and lone surrogates anywhere. A body fails with 422, a query with 400; a body that is absent, or
 * empty, is one without members, and fails with 400 where the class has some that must be there.
 */
@Injectable()
export class StrictValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if ((type !== 'body' && type !== 'query') || !isDto(metatype)) return value;
    const { value: instance, errors } = await validated(
      metatype,
      value === undefined ? {} : value,
      type === 'query' ? fromText : 'json',
    );
    if (instance === undefined) throw value === undefined ? new BodyMissing() : refusal(type, errors);
    return instance;
  }
}

function refusal(type: 'body' | 'query', located: readonly LocatedError[]): ValidationFailed | ParameterInvalid {
  if (type === 'body') return new ValidationFailed(invalidMembers(located));
  const count = new Set(located.map(({ path }) => path[0])).size;
  return new ParameterInvalid({
    detail: count === 1 ? '1 parameter is invalid' : `${count} parameters are invalid`,
    errors: located.slice(0, errorsMax).map(({ path, code, detail }) => ({
      parameter: parameterName(path[0] ?? ''),
      code,
      detail,
    })),
  });
}

function isDto(metatype: ArgumentMetadata['metatype']): metatype is Type<object> {
  return metatype !== undefined && ![Object, String, Number, Boolean, Array].some((builtIn) => metatype === builtIn);
}
