import type { ArgumentMetadata, PipeTransform, Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { bodyValidatorOf } from '../../validation/body-validator.ts';
import type { LocatedError } from '../../validation/error-pointers.ts';
import { fromText } from '../../validation/query-text.ts';
import { validateInput } from '../../validation/validate-input.ts';
import { BodyMissing, InvalidParameter, ValidationFailed } from '../problem/http.errors.ts';
import { invalidMembers, maxErrors } from '../problem/problem.ts';

/** The longest `parameter` of an error that the OpenAPI document allows, in code points. */
const maxNameLength = 256;

/**
 * Turns bodies and queries into instances of their DTO classes and rejects what the class does not declare: unknown
 * members, wrong types, U+0000 and lone surrogates. An invalid body is 422, with the violations that its
 * `@AlsoValidatedBy` provider finds; an invalid query is 400. A missing body is treated as an object without members,
 * and is 400 if the class has required ones.
 */
@Injectable()
export class StrictValidationPipe implements PipeTransform {
  constructor(private readonly modules: ModuleRef) {}

  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if ((type !== 'body' && type !== 'query') || !isDto(metatype)) return value;
    const input = value === undefined ? {} : value;
    const validated = await validateInput(metatype, input, type === 'query' ? fromText : 'json');
    if (validated.value !== undefined) return validated.value;
    if (value === undefined) throw new BodyMissing();
    if (type === 'query') throw invalidParameters(validated.errors);
    const further = await this.furtherViolations(metatype, validated.valid);
    throw new ValidationFailed(invalidMembers([...validated.errors, ...further]));
  }

  private async furtherViolations(dto: Type<object>, valid: object): Promise<readonly LocatedError[]> {
    const validator = bodyValidatorOf(dto);
    if (validator === undefined) return [];
    return await this.modules.get(validator, { strict: false }).violationsIn(valid);
  }
}

function invalidParameters(violations: readonly LocatedError[]): InvalidParameter {
  const count = new Set(violations.map(({ path }) => path[0])).size;
  // Several values of a repeated parameter may violate one rule.
  const distinct = new Map(
    violations.map((violation) => [`${violation.path[0] ?? ''} ${violation.detail}`, violation]),
  );
  return new InvalidParameter({
    detail: count === 1 ? '1 parameter is invalid' : `${count} parameters are invalid`,
    errors: [...distinct.values()].slice(0, maxErrors).map(({ path, code, detail }) => ({
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
