/**
 * The one form of a JSON value that all its spellings share (RFC 8785): members by the code units of their names, no
 * blanks, numbers as ECMAScript writes them. Undefined when a number is outside of ±2^53, where two texts that mean
 * different numbers are read as one.
 */
export function canonicalJson(value: unknown): string | undefined {
  return isExact(value) ? written(value) : undefined;
}

function isExact(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) < 2 ** 53;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isExact);
}

function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${written(member)}`).join(',')}}`;
}
