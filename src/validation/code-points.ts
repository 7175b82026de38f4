import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';

/** Length in code points: what a person would count, nearly, and exactly what the column counts. */
export function CodePoints({
  min,
  max,
  of = (value) => value,
}: {
  min: number;
  max: number;
  of?: (value: string) => string;
}): PropertyDecorator {
  const count = (value: unknown): number => (typeof value === 'string' ? Array.from(of(value)).length : 0);
  const least = min === 1 ? 'must not be empty' : `must have at least ${min} characters`;
  const rule = (name: string, holds: (length: number) => boolean, message: string): PropertyDecorator =>
    ValidateBy({ name, validator: { validate: (value) => holds(count(value)), defaultMessage: () => message } });
  return applyDecorators(
    rule('minLength', (length) => length >= min, least),
    rule('maxLength', (length) => length <= max, `must have at most ${max} characters`),
  );
}
