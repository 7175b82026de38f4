import fc from 'fast-check';
import { type Json, namedSchemas } from '../../harness/openapi/api-document.ts';
import { anyJson, anyText, oddNumbers } from './edge-cases.ts';

/** A schema of the document, as far as values are made from it. */
interface Schema extends Json {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly example?: unknown;
}

/** Names in braces stand for what exists when the request is sent (fuzz-fixtures.ts). */
export const named = (pool: string): fc.Arbitrary<string> => fc.nat(997).map((at) => `{{${pool}:${at}}}`);

/** Mostly the first, now and then one of the others. */
function often(usual: string, ...others: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

/** Members whose value belongs to a user or a resource, by name. */
const byName: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  email: fc.oneof(named('address'), named('email')),
  password: often('{{password:0}}', 'another password', 'short'),
  newPassword: often('{{password:0}}', 'another password', 'short'),
  refreshToken: named('refresh'),
  token: named('mailed'),
  cron: often('30 2 * * *', '*/5 * * * *', '0 0 29 2 *', '0 0 31 2 *', '@daily', '* * * * * *', '59 23 31 12 0-7'),
  timezone: often('Europe/Berlin', 'UTC', 'Mars/Phobos', 'America/New_York', 'Etc/GMT+12'),
  type: often('users.export', 'mail.send', 'retention.cleanup', 'unknown.type'),
  runAt: often(new Date(Date.now() + 60_000).toISOString(), '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z'),
  payload: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<unknown>({ format: 'csv' }, { format: 'ndjson', email: 'a' }) },
    { weight: 1, arbitrary: fc.dictionary(anyText, anyJson, { maxKeys: 3 }) },
  ),
};

/** A value that the schema allows. */
export function valid(given: Json): fc.Arbitrary<unknown> {
  const schema = resolved(given);
  const [first] = schema.allOf ?? [];
  if (first !== undefined) return valid(first);
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) return fc.oneof(...alternatives.map(valid));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const types = [schema.type ?? 'string'].flat();
  const made = fc.oneof(...types.map((type) => ofType(type, schema)));
  return schema.example === undefined ? made : fc.oneof({ weight: 2, arbitrary: made }, fc.constant(schema.example));
}

/** A value that the schema does not allow, or just allows. */
export function odd(given: Json): fc.Arbitrary<unknown> {
  const { minLength = 1, maxLength = 64, minimum = 0, maximum = 0, maxItems = 16 } = resolved(given);
  const filled = (length: number): string[] => ['x'.repeat(Math.max(length, 0)), '😀'.repeat(Math.max(length, 0))];
  const edges = [minLength - 1, minLength, maxLength, maxLength + 1].flatMap(filled);
  const numbers = [minimum - 1, minimum, maximum, maximum + 1];
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...edges) },
    { weight: 1, arbitrary: fc.constantFrom(...numbers) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        Array.from({ length: maxItems + 1 }, () => 'user'),
        ['user', 'user'],
        ['root'],
      ),
    },
    { weight: 4, arbitrary: anyJson },
  );
}

/** An object that the schema allows but for its members, of which some are odd, some too many, some not there. */
export function oddObject(given: Json): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {}, oneOf } = resolved(given);
  if (oneOf !== undefined) return fc.oneof(...oneOf.map(oddObject));
  const members = Object.entries(properties).map(([name, schema]): [string, fc.Arbitrary<unknown>] => [
    name,
    fc.oneof({ weight: 3, arbitrary: member(name, schema) }, { weight: 2, arbitrary: odd(schema) }),
  ]);
  const extra = fc.dictionary(fc.oneof(anyText, fc.constantFrom('id', 'roles', 'createdAt')), anyJson, { maxKeys: 2 });
  const known = fc.record(Object.fromEntries(members), { requiredKeys: [] });
  return fc.oneof(
    { weight: 3, arbitrary: known },
    { weight: 1, arbitrary: fc.tuple(known, extra).map(([own, more]) => ({ ...own, ...more })) },
  );
}

function ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 31 - 1 });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 31, noNaN: true });
    case 'array':
      return fc.array(valid(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 4, 4) });
    case 'object':
      return validObject(schema);
    default:
      return text(schema);
  }
}

function validObject({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(([name, schema]) => [name, member(name, schema)] as const);
  if (members.length === 0)
    return fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  return fc.record(Object.fromEntries(members), { requiredKeys: [...required] });
}

function member(name: string, schema: Schema): fc.Arbitrary<unknown> {
  const known = byName[name];
  return known === undefined ? valid(schema) : fc.oneof({ weight: 4, arbitrary: known }, valid(schema));
}

function text({ format, pattern, minLength = 0, maxLength = 64 }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.oneof(named('user'), fc.uuid({ version: 7 }));
  if (format === 'email') return named('address');
  if (format === 'date-time') {
    const range = { min: new Date('1990-01-01'), max: new Date('2060-01-01'), noInvalidDate: true };
    return fc.date(range).map((date) => date.toISOString());
  }
  const fits = (value: string): boolean => value.length >= minLength && value.length <= maxLength;
  if (pattern !== undefined && !pattern.startsWith('^[^')) {
    return fc.stringMatching(new RegExp(pattern), { maxLength }).filter(fits);
  }
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 40) }).filter(fits);
}

function resolved(schema: Json): Schema {
  const { $ref } = schema as Schema;
  const target = $ref === undefined ? undefined : namedSchemas[$ref.slice($ref.lastIndexOf('/') + 1)];
  return target ?? schema;
}

/** Texts that are numbers for JSON's purposes only. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"@@([^"@]*)@@"/g, '$1');
}

/** A value of a query or of a path, as text. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('@@', '') : jsonText(value);
}

/** Numbers for a place that takes texts. */
export const numberTexts: fc.Arbitrary<string> = fc.constantFrom(...oddNumbers).map(asText);
