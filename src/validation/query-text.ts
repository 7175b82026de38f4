import { Transform } from 'class-transformer';
import { fromText } from './validated.ts';

/** In a query every value is text: has the value of a field read from it there. In JSON nothing is converted. */
export function readFromText(read: (text: string) => unknown): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? read(value) : value), {
    groups: [fromText],
  });
}

/** `true` and `false` alone; anything else stays text, which the validator refuses. */
export function booleanOf(text: string): boolean | string {
  if (text === 'true') return true;
  return text === 'false' ? false : text;
}

/** Plain decimal digits: `1e1`, `+1` and `-0` stay text. */
export function integerOf(text: string): number | string {
  return /^(0|-?[1-9]\d{0,15})$/.test(text) ? Number(text) : text;
}
