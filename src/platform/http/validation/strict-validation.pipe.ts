import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { LocatedError } from '../../validation/error-pointers.ts';
import { fromText } from '../../validation/query-text.ts';
import { validateInput } from '../../validation/validate-input.ts';
import { BodyMissing, InvalidParameter, ValidationFailed } from '../problem/http.errors.ts';
import { invalidMembers, maxErrors } from '../problem/problem.ts';

/** The longest `parameter` of an error that the OpenAPI document allows, in code points. */
const maxNameLength = 256;

/**
 * Turns bodies and queries into instances of their DTO classes and rejects what the class does not declare: unknown
 * members, wrong types, U+0000 and lone surrogates. An invalid body is 422, an invalid query 400. A missing body is
 * treated as an object without members, and is 400 if the class has required ones.
 */
@Injectable()
export class StrictValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if ((type !== 'body' && type !== 'query') || !isDto(metatype)) return value;
    const { value: instance, errors } = await validateInput(
      metatype,
      value === undefined ? {} : value,
      type === 'query' ? fromText : 'json',
    );
    if (instance === undefined) throw value === undefined ? new BodyMissing() : problemOf(type, errors);
    return instance;
  }
}

function problemOf(type: 'body' | 'query', violations: readonly LocatedError[]): ValidationFailed | InvalidParameter {
  if (type === 'body') return new ValidationFailed(invalidMembers(violations));
  const count = new Set(violations.map(({ path }) => path[0])).size;
  return new InvalidParameter({
    detail: count === 1 ? '1 parameter is invalid' : `${count} parameters are invalid`,
    errors: violations.slice(0, maxErrors).map(({ path, code, detail }) => ({
      parameter: parameterName(path[0] ?? ''),
      code,
      detail,
    })),
  });
}

function isDto(metatype: ArgumentMetadata['metatype']): metatype is Type<object> {
  return metatype !== undefined && ![Object, String, Number, Boolean, Array].some((builtIn) => metatype === builtIn);
}

/** The name of a query parameter as an error contains it: truncated, and without U+0000. */
export function parameterName(received: string): string {
  return Array.from(received.replaceAll('\u0000', '\ufffd')).slice(0, maxNameLength).join('');
}
