import { IsBoolean, IsEmail, IsInt, IsRFC3339, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
import { CodePointLength } from './code-points.ts';
import type { FieldOptions } from './field.ts';
import { field, freeText } from './field.ts';
import { normalizedEmail } from './normalized-email.ts';
import { booleanOf, integerOf, readFromText } from './query-text.ts';

/*
 * The field decorators of DTOs. Each declares the rules of a value once, for the validator, the document and the
 * schemas of job types. On response DTOs they only describe. More are in enum-fields.ts, list-fields.ts,
 * locale-fields.ts, number-fields.ts, object-fields.ts and url-field.ts.
 */

export interface StringOptions extends FieldOptions {
  /** Shortest length in code points, as PostgreSQL counts. */
  readonly min?: number;
  /** Longest length in code points. */
  readonly max: number;
  /** Published in the document without its flags: `u` is the only one allowed, and RE2 must support the syntax. */
  readonly pattern?: RegExp;
  readonly format?: string;
}

/** A string of limited length. */
export function StringField(options: StringOptions): PropertyDecorator {
  const { min = 0, max, pattern, format } = options;
  assertPublishable(pattern);
  return field(options, {
    schema: {
      type: 'string',
      minLength: min,
      maxLength: max,
      ...(format === undefined ? { pattern: pattern?.source ?? freeText } : { format }),
    },
    validators: [
      IsString({ message: 'must be a string' }),
      CodePointLength({ min, max }),
      ...(pattern === undefined ? [] : [Matches(pattern, { message: `must match ${pattern.source}` })]),
    ],
  });
}

/** Rejects a pattern with flags other than `u`: the document has the expression only. */
export function assertPublishable(pattern: RegExp | undefined): void {
  if (!['', 'u'].includes(pattern?.flags ?? ''))
    throw new Error(`The document cannot contain the flags of ${String(pattern)}`);
}

/** Quoted local parts (RFC 5321 §4.1.2) and characters beyond ASCII (RFC 6531) are rarely supported. */
const emailPattern = /^[!#-~]+$/;

/**
 * An email address (RFC 5321: at most 254 octets) in ASCII and without quotes; a domain in another script is written in
 * its xn-- form.
 */
export function EmailField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'string', format: 'email', maxLength: 254, example: 'ada@example.com' },
    validators: [
      IsEmail({ allow_utf8_local_part: false }, { message: 'must be an email address' }),
      Matches(emailPattern, { message: 'must be an email address' }),
      // Its normalised form is stored too, and lower case can be longer.
      CodePointLength({ min: 0, max: 254, of: normalizedEmail }),
    ],
  });
}

/** A UUID of any version in lower case. */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id of a resource: a UUID (version 7, RFC 9562) in lower case. */
export function UuidField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: {
      type: 'string',
      format: 'uuid',
      minLength: 36,
      maxLength: 36,
      pattern: uuidPattern.source,
      example: '01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    },
    validators: [Matches(uuidPattern, { message: 'must be a UUID' })],
  });
}

/**
 * The part of RFC 3339 that PostgreSQL parses: in capitals, without leap seconds, of the year 100 or later. It is
 * published in the document, so it must not use look-ahead, which RE2 (Go, Rust, many validators) does not support.
 */
const dateTimePattern =
  /^(0[1-9]|[1-9]\d)\d{2}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/;

/** Whether a text begins with a date that exists in the calendar. */
function hasCalendarDate(value: unknown): boolean {
  const day = String(value).slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

const datePattern = /^(0[1-9]|[1-9]\d)\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** A calendar date (RFC 3339 full-date) of the year 100 or later, without time and time zone. */
export function DateField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: {
      type: 'string',
      format: 'date',
      minLength: 10,
      maxLength: 10,
      pattern: datePattern.source,
      example: '2026-01-31',
    },
    validators: [
      ValidateBy({
        name: 'isDate',
        validator: {
          validate: (value) => typeof value === 'string' && datePattern.test(value) && hasCalendarDate(value),
          defaultMessage: () => 'must be a date, as in 2026-01-31',
        },
      }),
    ],
  });
}

/** A date and time (RFC 3339). Responses are in UTC. */
export function DateTimeField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: {
      type: 'string',
      format: 'date-time',
      minLength: 20,
      maxLength: 35,
      pattern: dateTimePattern.source,
      example: '2026-01-31T09:30:00.000Z',
    },
    validators: [
      // IsISO8601() parses dates of the years 100 to 999 as local time, and rejects some east of Greenwich.
      ValidateBy({
        name: 'isIso8601',
        validator: { validate: hasCalendarDate, defaultMessage: () => 'must be an RFC 3339 time' },
      }),
      IsRFC3339({ message: 'must be an RFC 3339 time' }),
      // PostgreSQL supports no larger offset from UTC.
      Matches(dateTimePattern, { message: 'must be an RFC 3339 time with an offset of at most 15:59' }),
      CodePointLength({ min: 0, max: 35 }),
    ],
  });
}

/** A boolean. In a query it is parsed from `true` and `false`. */
export function BooleanField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'boolean' },
    validators: [readFromText(booleanOf), IsBoolean({ message: 'must be true or false' })],
  });
}

/** A whole number from `min` to `max`. In a query it is parsed from plain decimal digits: `1e1` is invalid. */
export function IntegerField(
  options: FieldOptions & { readonly min: number; readonly max: number },
): PropertyDecorator {
  const { min, max } = options;
  const range = `must be a whole number from ${min} to ${max}`;
  return field(options, {
    schema: { type: 'integer', minimum: min, maximum: max, format: max <= 2_147_483_647 ? 'int32' : 'int64' },
    validators: [
      readFromText(integerOf),
      IsInt({ message: range }),
      Min(min, { message: range }),
      Max(max, { message: range }),
    ],
  });
}
