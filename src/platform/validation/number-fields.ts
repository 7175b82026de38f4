import { IsNumber, Max, Min, ValidateBy } from 'class-validator';
import type { FieldOptions } from './field.ts';
import { field } from './field.ts';
import { numberOf, readFromText } from './query-text.ts';

/**
 * A number with a fractional part (IEEE 754 double) from `min` to `max`, never NaN or infinite. In a query it is parsed
 * from plain decimal digits: `1e1` is invalid. For money use `DecimalField`, for whole numbers `IntegerField`.
 */
export function NumberField(options: FieldOptions & { readonly min: number; readonly max: number }): PropertyDecorator {
  const { min, max } = options;
  const range = { message: `must be a number from ${min} to ${max}` };
  return field(options, {
    schema: { type: 'number', minimum: min, maximum: max, format: 'double' },
    validators: [readFromText(numberOf), IsNumber({}, range), Min(min, range), Max(max, range)],
  });
}

export interface DecimalOptions extends FieldOptions {
  /**
   * Number of digits before and after the decimal point, at least 1, as in PostgreSQL's `numeric(precision, scale)`.
   */
  readonly precision: number;
  /** Number of digits after the decimal point, from 0 to `precision`. */
  readonly scale: number;
  readonly allowNegative?: true;
}

/**
 * An exact decimal number as a string, such as an amount of money: JSON numbers lose digits in most clients. Leading
 * zeros, exponents and a negative zero are invalid; the fraction may be shorter than `scale`. Return what Prisma reads
 * from a `@db.Decimal(precision, scale)` column with `toFixed(scale)`.
 */
export function DecimalField(options: DecimalOptions): PropertyDecorator {
  const { precision, scale, allowNegative = false } = options;
  if (precision < 1 || scale < 0 || scale > precision)
    throw new Error(`numeric(${precision}, ${scale}) does not exist`);
  const pattern = new RegExp(decimalPattern(options));
  const digits = `with at most ${precision - scale} digits before and ${scale} after the point`;
  return field(options, {
    schema: {
      type: 'string',
      format: 'decimal',
      minLength: 1,
      maxLength: (allowNegative ? 1 : 0) + Math.max(precision - scale, 1) + (scale === 0 ? 0 : 1 + scale),
      pattern: pattern.source,
      example: (0).toFixed(scale),
    },
    validators: [
      ValidateBy({
        name: 'isDecimal',
        validator: {
          validate: (value) => typeof value === 'string' && pattern.test(value),
          defaultMessage: () =>
            `must be a ${allowNegative ? '' : 'non-negative '}decimal number as a string, ${digits}`,
        },
      }),
    ],
  });
}

/** An expression of RE2, which has no look-ahead: negative numbers are listed by their first digit other than 0. */
function decimalPattern({ precision, scale, allowNegative }: DecimalOptions): string {
  const integerDigits = precision - scale;
  const fraction = scale === 0 ? '' : `(\\.\\d{1,${scale}})?`;
  const atLeastOne = integerDigits === 0 ? [] : [`[1-9]\\d{0,${integerDigits - 1}}${fraction}`];
  const belowOne = Array.from({ length: scale }, (_, zeros) => `0\\.0{${zeros}}[1-9]\\d{0,${scale - zeros - 1}}`);
  const unsigned = [`0${fraction}`, ...atLeastOne].join('|');
  return allowNegative === true ? `^(${unsigned}|-(${[...atLeastOne, ...belowOne].join('|')}))$` : `^(${unsigned})$`;
}
