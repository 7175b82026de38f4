import { IsTimeZone, ValidateBy } from 'class-validator';
import { CodePointLength } from './code-points.ts';
import type { FieldOptions } from './field.ts';
import { field } from './field.ts';

/** The name of a time zone (IANA). */
export function TimeZoneField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'string', minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_+/-]+$', example: 'Europe/Berlin' },
    validators: [
      IsTimeZone({ message: 'must be the name of a time zone (IANA)' }),
      CodePointLength({ min: 1, max: 64 }),
    ],
  });
}

/** A language tag (BCP 47, RFC 5646) in its canonical form. */
export function LanguageField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'string', minLength: 2, maxLength: 35, pattern: '^[A-Za-z0-9-]+$', example: 'en-GB' },
    validators: [
      ValidateBy({
        name: 'isLanguage',
        validator: { validate: isLanguage, defaultMessage: () => 'must be a language tag (BCP 47), as in en-GB' },
      }),
      CodePointLength({ min: 2, max: 35 }),
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
