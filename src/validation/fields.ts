import type { Type as Class } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsEmail,
  IsInt,
  IsObject,
  IsRFC3339,
  IsString,
  IsTimeZone,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { CodePoints } from './code-points.ts';
import type { FieldOptions } from './field.ts';
import { field, freeText } from './field.ts';
import { defaultsOf, jsonSchemaOf } from './json-schema.ts';
import { booleanOf, integerOf, readFromText } from './query-text.ts';

/*
 * The fields that DTOs are made of (those of a closed list: choice-fields.ts). Each says once what a value must be, and
 * the validator, the document and the schemas of job types read it. Used on replies as well: there they only describe.
 */

export interface TextOptions extends FieldOptions {
  /** Shortest length in code points, as PostgreSQL counts. */
  readonly min?: number;
  /** Longest length in code points. */
  readonly max: number;
  /** Stands in the document without its flags: it may have none but `u`, and nothing that RE2 lacks. */
  readonly pattern?: RegExp;
  readonly format?: string;
}

/** Text of a bounded length. */
export function Text(options: TextOptions): PropertyDecorator {
  const { min = 0, max, pattern, format } = options;
  if (!['', 'u'].includes(pattern?.flags ?? ''))
    throw new Error(`The document can't say the flags of ${String(pattern)}`);
  return field(options, {
    schema: {
      type: 'string',
      minLength: min,
      maxLength: max,
      ...(format === undefined ? { pattern: pattern?.source ?? freeText } : { format }),
    },
    validators: [
      IsString({ message: 'must be a string' }),
      CodePoints({ min, max }),
      ...(pattern === undefined ? [] : [Matches(pattern, { message: `must match ${pattern.source}` })]),
    ],
  });
}

/** What has to be said with quotes (RFC 5321 §4.1.2) or beyond ASCII (RFC 6531) reaches few mailboxes, and no others' tools. */
const plainAddress = /^[!#-~]+$/;

/**
 * An e-mail address (RFC 5321: at most 254 octets) in ASCII and without quotes; a domain in another script is written in
 * its xn-- form.
 */
export function Email(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'string', format: 'email', maxLength: 254, example: 'ada@example.com' },
    validators: [
      IsEmail({ allow_utf8_local_part: false }, { message: 'must be an e-mail address' }),
      Matches(plainAddress, { message: 'must be an e-mail address' }),
      // Its normalised form is stored beside it, and lower case can be longer.
      CodePoints({ min: 0, max: 254, of: (value) => value.normalize('NFC').toLowerCase() }),
    ],
  });
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id of a resource: a UUID (version 7, RFC 9562) in lower case. */
export function Id(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: {
      type: 'string',
      format: 'uuid',
      minLength: 36,
      maxLength: 36,
      pattern: uuid.source,
      example: '01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    },
    validators: [Matches(uuid, { message: 'must be a UUID' })],
  });
}

/**
 * RFC 3339 as PostgreSQL reads all of it: in capitals, without leap seconds, of the year 100 or later. Without a
 * look-ahead: it stands in the document, and RE2 (Go, Rust, many validators) has none.
 */
const moment =
  /^(0[1-9]|[1-9]\d)\d{2}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/;

/** Whether a text begins with a day that the calendar has. */
function hasCalendarDate(value: unknown): boolean {
  const day = String(value).slice(0, 10);
  const moment = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}

/** A moment, RFC 3339 in UTC. */
export function Moment(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: {
      type: 'string',
      format: 'date-time',
      minLength: 20,
      maxLength: 35,
      pattern: moment.source,
      example: '2026-01-31T09:30:00.000Z',
    },
    validators: [
      // IsISO8601() takes the dates of the years 100 to 999 for local ones, and refuses some east of Greenwich.
      ValidateBy({
        name: 'isIso8601',
        validator: { validate: hasCalendarDate, defaultMessage: () => 'must be an RFC 3339 time' },
      }),
      IsRFC3339({ message: 'must be an RFC 3339 time' }),
      // PostgreSQL knows no zone farther than this from UTC.
      Matches(moment, { message: 'must be an RFC 3339 time with an offset of at most 15:59' }),
      CodePoints({ min: 0, max: 35 }),
    ],
  });
}

/** The name of a time zone (IANA). */
export function TimeZone(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'string', minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_+/-]+$', example: 'Europe/Berlin' },
    validators: [IsTimeZone({ message: 'must be the name of a time zone (IANA)' }), CodePoints({ min: 1, max: 64 })],
  });
}

/** A language tag (BCP 47, RFC 5646) in its canonical form. */
export function Language(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'string', minLength: 2, maxLength: 35, pattern: '^[A-Za-z0-9-]+$', example: 'en-GB' },
    validators: [
      ValidateBy({
        name: 'isLanguage',
        validator: { validate: isLanguage, defaultMessage: () => 'must be a language tag (BCP 47), as in en-GB' },
      }),
      CodePoints({ min: 2, max: 35 }),
    ],
  });
}

/** True or false. In a query it is read from `true` and `false`. */
export function Flag(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'boolean' },
    validators: [readFromText(booleanOf), IsBoolean({ message: 'must be true or false' })],
  });
}

/** A whole number from `min` to `max`. In a query it is read from plain decimal digits: `1e1` is none. */
export function Whole(options: FieldOptions & { readonly min: number; readonly max: number }): PropertyDecorator {
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

/** An object whose members another class describes. */
export function Part(type: Class<object>, options: FieldOptions): PropertyDecorator {
  if (Object.keys(defaultsOf(type)).length > 0)
    throw new Error(`${type.name} is a part: its defaults would not be filled in`);
  return field(options, {
    schema: jsonSchemaOf(type),
    // By a function, the only form that takes null beside a named schema.
    document: { type: () => type },
    validators: [Type(() => type), IsObject({ message: 'must be an object' }), ValidateNested()],
  });
}

/** An object of any shape: whoever it is for has to look at it. */
export function AnyObject(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'object', additionalProperties: true },
    validators: [
      // As it was sent.
      Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
      IsObject({ message: 'must be an object' }),
    ],
  });
}

function isLanguage(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    return Intl.getCanonicalLocales(value)[0] === value;
  } catch {
    return false;
  }
}
