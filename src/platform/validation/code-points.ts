import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';

/** Limits the length in code points, which is how PostgreSQL counts characters. */
export function CodePointLength({
  min,
  max,
  of = (value) => value,
}: {
  min: number;
  max: number;
  of?: (value: string) => string;
}): PropertyDecorator {
  const count = (value: unknown): number => (typeof value === 'string' ? Array.from(of(value)).length : 0);
  const tooShort = min === 1 ? 'must not be empty' : `must have at least ${min} characters`;
  const rule = (name: string, isValid: (length: number) => boolean, message: string): PropertyDecorator =>
    ValidateBy({ name, validator: { validate: (value) => isValid(count(value)), defaultMessage: () => message } });
  return applyDecorators(
    rule('minLength', (length) => length >= min, tooShort),
    rule('maxLength', (length) => length <= max, `must have at most ${max} characters`),
  );
}
