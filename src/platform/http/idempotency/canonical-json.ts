/**
 * The canonical form of a JSON value (RFC 8785): members sorted by the code units of their names, no whitespace,
 * numbers as ECMAScript writes them. Undefined when a number is outside ±2^53, where different numbers parse to the
 * same value.
 */
export function canonicalJson(value: unknown): string | undefined {
  return isExact(value) ? serialize(value) : undefined;
}

function isExact(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) < 2 ** 53;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isExact);
}

function serialize(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(serialize).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${serialize(member)}`).join(',')}}`;
}
