import type { Type } from '@nestjs/common';
import type { LocatedError } from './error-pointers.ts';

/** Finds the violations of a body that decorators of fields cannot express, such as a payload of the wrong type. */
export interface BodyValidator {
  /**
   * Runs in memory: no query, no hash, no request to another service.
   * @param valid the members of the body whose fields are valid, by name
   */
  violationsIn(valid: object): LocatedErrors | Promise<LocatedErrors>;
}

type LocatedErrors = readonly LocatedError[];

const bodyValidatorKey = Symbol('body validator');

/**
 * Adds the violations that a provider finds to those of the fields of a DTO, so that a client receives all of them at
 * once. The provider is called for bodies with invalid fields only: a service validates all others itself.
 */
export const AlsoValidatedBy =
  (validator: Type<BodyValidator>): ClassDecorator =>
  (target) => {
    Reflect.defineMetadata(bodyValidatorKey, validator, target);
  };

export function bodyValidatorOf(dto: Type<object>): Type<BodyValidator> | undefined {
  return Reflect.getMetadata(bodyValidatorKey, dto) as Type<BodyValidator> | undefined;
}
