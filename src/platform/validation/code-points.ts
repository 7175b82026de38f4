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
  const count = (value: unknown): number => (typeof value === 'string' ? lengthOf(of(value)) : 0);
  const rule = (name: string, isValid: (length: number) => boolean, message: string): PropertyDecorator =>
    ValidateBy({ name, validator: { validate: (value) => isValid(count(value)), defaultMessage: () => message } });
  return applyDecorators(
    rule('minLength', (length) => length >= min, tooShort(min)),
    rule('maxLength', (length) => length <= max, `must have at most ${max} characters`),
  );
}

/** The number of code points of a text. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}

export function tooShort(min: number): string {
  return min === 1 ? 'must not be empty' : `must have at least ${min} characters`;
}
