import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json } from './api-document.ts';
import { namedSchemas } from './api-document.ts';

const validators = new Map<string, ValidateFunction>();
let ajv: Ajv2020 | undefined;

/** Describes the violations of a schema of the document by a value; objects must have no undeclared members. */
export function violationsIn(value: unknown, documented: Json): string[] {
  const schema = variantFor(value, documented);
  const key = JSON.stringify(schema);
  const validate = validators.get(key) ?? compiler().compile(closed(schema) as Json);
  validators.set(key, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message = '', params }) => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`,
  );
}

/** The schema of problem details. */
export const problemSchema: Json = { $ref: '#/components/schemas/Problem' };

/** Created with the first validation, once per test file; each schema is compiled when it is first used. */
function compiler(): Ajv2020 {
  if (ajv !== undefined) return ajv;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // Of the OpenAPI format registry; the pattern of such a field is complete.
  ajv.addFormat('decimal', true);
  for (const [name, known] of Object.entries(namedSchemas)) {
    const schema = withJobsOfTests(known);
    ajv.addSchema(closed(schema) as Json, `#/components/schemas/${name}`);
    ajv.addSchema(open(schema) as Json, `#/components/schemas/${name}${openSuffix}`);
  }
  return ajv;
}

/**
 * The document describes the types of job of the service. Those of tests, guides and scenarios have the members of all
 * jobs, and unknown payloads and results.
 */
function withJobsOfTests(schema: Json): Json {
  const { oneOf = [], discriminator, properties = {} } = schema as Union;
  const [variant] = oneOf.map(({ $ref = '' }) => namedSchemas[$ref.slice($ref.lastIndexOf('/') + 1)] as Union);
  const [base, own] = variant?.allOf ?? [];
  if (discriminator?.propertyName === 'type' && base !== undefined && own !== undefined) {
    const members = Object.keys(own.properties ?? {}).map((name) => [name, {}]);
    const type = { type: 'string', not: { enum: Object.keys(discriminator.mapping) } };
    const unknown = { ...own, properties: { ...(Object.fromEntries(members) as object), type } };
    return { ...schema, oneOf: [...oneOf, { allOf: [base, unknown] }] };
  }
  const { result } = properties;
  if (result?.anyOf === undefined) return schema;
  return {
    ...schema,
    properties: { ...properties, result: { ...result, anyOf: [...result.anyOf, { type: 'object' }] } },
  };
}

interface Union extends Json {
  readonly $ref?: string;
  readonly allOf?: readonly Union[];
  readonly oneOf?: readonly Union[];
  readonly anyOf?: readonly Json[];
  readonly discriminator?: { readonly propertyName: string; readonly mapping: object };
  readonly properties?: Readonly<Record<string, Union>>;
}

/** The variant of the schema for this value: violations of the others are irrelevant. */
function variantFor(value: unknown, schema: Json): Json {
  const { $ref } = schema;
  const target = typeof $ref === 'string' ? namedSchemas[$ref.slice($ref.lastIndexOf('/') + 1)] : schema;
  const { propertyName = '', mapping = {} } = (target?.['discriminator'] ?? {}) as {
    propertyName?: string;
    mapping?: Readonly<Record<string, string>>;
  };
  const chosen = mapping[String((value as Json | null | undefined)?.[propertyName])];
  return chosen === undefined ? schema : { $ref: chosen };
}

/** Suffix of the name of a schema that allows undeclared members. */
const openSuffix = '~open';

/** The schema, in which every object that declares members forbids others unless it declares whether it does. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = open(schema) as Json;
  // The members of all its parts are those of the whole.
  if ('allOf' in copy) return { ...copy, unevaluatedProperties: false };
  return 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}

/** The schema with undeclared members of its own allowed: it is a part of another schema, which forbids them. */
function open(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) => {
      if (key === 'allOf') return [key, (value as readonly Json[]).map(asPart)];
      return [key, isData(key) ? value : closed(value)];
    }),
  );
}

function asPart(part: Json): unknown {
  return typeof part['$ref'] === 'string' ? { ...part, $ref: `${part['$ref']}${openSuffix}` } : open(part);
}

function isData(key: string): boolean {
  return ['example', 'examples', 'enum', 'const', 'default'].includes(key);
}
