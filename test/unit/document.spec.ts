import { describe, expect, it } from '@jest/globals';
import { RE2JS } from 're2js';
import { operations } from '../harness/openapi/api-document.ts';
import { committedDocument, partsOf } from '../harness/openapi/document-parts.ts';
import { violationsIn } from '../harness/openapi/document-schemas.ts';
import type { Schema } from '../harness/openapi/resolved-schemas.ts';
import { nameOf } from '../harness/openapi/resolved-schemas.ts';

const parts = partsOf();
const { components } = committedDocument as unknown as {
  components: {
    responses: Record<string, { content: { 'application/problem+json': Omit<Failure, 'name'> } }>;
    schemas: Record<string, Schema>;
    examples: Record<string, { value: unknown }>;
  };
};

function patterns(): string[] {
  return [...new Set(parts.map(({ value }) => value['pattern']).filter((pattern) => typeof pattern === 'string'))];
}

interface Example {
  readonly at: string;
  readonly value: unknown;
  readonly schema: object;
}

/** The examples and defaults of schemas, and the examples of bodies by their schema. */
function examples(): Example[] {
  return parts.flatMap(({ at, value }) => {
    const { schema = value, example, default: standard, examples: several } = value as Described;
    const listed: unknown[] = Array.isArray(several) ? several : [];
    const named = 'schema' in value ? Object.values(several ?? {}).map(({ $ref }: Reference) => exampleAt($ref)) : [];
    return [...[example, standard].filter((one) => one !== undefined), ...listed, ...named].map((one) => ({
      at,
      value: one,
      schema,
    }));
  });
}

interface Described {
  readonly schema?: object;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly examples?: object;
}

interface Reference {
  readonly $ref: string;
}

/** A problem response by its name in the document. */
interface Failure {
  readonly name: string;
  readonly schema: Reference & { readonly oneOf?: readonly Reference[]; readonly discriminator?: object };
  readonly examples: Readonly<Record<string, Reference>>;
}

interface Constants {
  readonly code: string;
  readonly type: string;
  readonly title: string;
  readonly status: number;
}

function failures(): Failure[] {
  return Object.entries(components.responses).map(([name, { content }]) => ({
    name,
    ...content['application/problem+json'],
  }));
}

function constantsOf(reference: string): Constants {
  const properties = components.schemas[nameOf(reference)]?.allOf?.[1]?.properties ?? {};
  const constant = (name: string): unknown => properties[name]?.const;
  return Object.fromEntries(
    ['code', 'type', 'title', 'status'].map((name) => [name, constant(name)]),
  ) as unknown as Constants;
}

function exampleAt(reference: string): unknown {
  return components.examples[nameOf(reference)]?.value;
}

describe('The document', () => {
  it.each(patterns())('has a pattern that RE2 and ECMAScript accept: %s', (pattern) => {
    expect(() => RE2JS.compile(pattern)).not.toThrow();
    expect(() => new RegExp(pattern, 'u')).not.toThrow();
  });

  it('has examples and defaults that its schemas accept', () => {
    const wrong = examples().flatMap(({ at, value, schema }) =>
      violationsIn(value, schema as Record<string, unknown>).map((violation) => `${at}: ${violation}`),
    );

    expect(examples().length).toBeGreaterThan(200);
    expect(wrong).toEqual([]);
  });

  it('has an example of a stream whose events its schemas accept', () => {
    const { content = {} } = operations.find(({ operationId }) => operationId === 'streamJobEvents')?.responses[
      '200'
    ] as {
      content?: Record<string, { example?: string; schema: { contentSchema?: { items: Record<string, unknown> } } }>;
    };
    const { example = '', schema } = content['text/event-stream'] ?? { schema: {} };
    const events = [...example.matchAll(/id: (.*)\nevent: (.*)\ndata: (.*)\n/g)].map(([, id, event, data = '']) => ({
      id,
      event,
      data: JSON.parse(data) as unknown,
    }));

    expect(events.map(({ event }) => event)).toEqual(['state', 'state', 'progress', 'done']);
    expect(events.flatMap((event) => violationsIn(event, schema.contentSchema?.items ?? {}))).toEqual([]);
    expect(violationsIn({ ...events[0], event: 'done' }, schema.contentSchema?.items ?? {})).not.toEqual([]);
  });

  it('has no example that Swagger UI would send by default', () => {
    const parameters = operations.flatMap((operation) => operation.parameters ?? []);

    expect(parameters.length).toBeGreaterThan(50);
    expect(parameters.filter((one) => 'example' in one || 'examples' in one || 'example' in one.schema)).toEqual([]);
  });

  it.each(failures())('has the codes, types and statuses of $name with an example of each', ({ schema, examples }) => {
    const variants = (schema.oneOf ?? [schema]).map(({ $ref }) => constantsOf($ref));
    const shown = Object.entries(examples).map(([slug, { $ref }]) => {
      const { code, type, title, status } = exampleAt($ref) as Constants;
      return { slug, code, type, title, status };
    });

    expect(variants).toEqual(shown.map(({ slug: _, ...constants }) => constants));
    expect(shown.map(({ code }) => code)).toEqual(shown.map(({ slug }) => slug.replaceAll('-', '_')));
    if (schema.oneOf === undefined) return;
    const mapping = Object.fromEntries(shown.map(({ code }, at) => [code, schema.oneOf?.[at]?.$ref ?? '']));
    expect(schema.discriminator).toEqual({ propertyName: 'code', mapping });
  });

  it('has short names for responses', () => {
    const names = failures().map(({ name }) => name);

    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => name.length > 40 || name.split('Or').length > 2)).toEqual([]);
  });
});
