import { Transform } from 'class-transformer';

/** The source whose values are all text: a query. */
export const fromText = 'text';

/** Parses the text of a query parameter. Values of JSON are not converted. */
export function readFromText(read: (text: string) => unknown): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? read(value) : value), {
    groups: [fromText],
  });
}

/** Parses `true` and `false`; other text is returned unchanged, and the validator rejects it. */
export function booleanOf(text: string): boolean | string {
  if (text === 'true') return true;
  return text === 'false' ? false : text;
}

/** Parses plain decimal digits; other text (`1e1`, `+1`, `-0`) is returned unchanged. */
export function integerOf(text: string): number | string {
  return /^(0|-?[1-9]\d{0,15})$/.test(text) ? Number(text) : text;
}

/** Parses a plain decimal number; other text (`1e1`, `0x10`, `-0`, the empty text) is returned unchanged. */
export function numberOf(text: string): number | string {
  const isPlain = /^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/.test(text);
  return isPlain && !Object.is(Number(text), -0) ? Number(text) : text;
}
