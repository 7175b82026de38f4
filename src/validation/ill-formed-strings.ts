import type { LocatedError } from './located-errors.ts';

/** Strings, member names included, that PostgreSQL or another reader would refuse: U+0000 and lone surrogates. */
export function illFormedStrings(value: unknown, path: readonly string[] = []): LocatedError[] {
  if (typeof value === 'string') return isWellFormed(value) ? [] : [mistake(path)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (!isWellFormed(name)) return [mistake([...path, name.toWellFormed()])];
    return illFormedStrings(member, [...path, name]);
  });
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function mistake(path: readonly string[]): LocatedError {
  return { path, code: 'ill_formed_string', detail: 'must not contain U+0000 or lone surrogates' };
}
