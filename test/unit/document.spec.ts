import { describe, expect, it } from '@jest/globals';
import { RE2JS } from 're2js';
import { mistakesIn } from '../support/api-document.ts';
import { partsOf } from '../support/document-parts.ts';

const parts = partsOf();

function patterns(): string[] {
  return [...new Set(parts.map(({ value }) => value['pattern']).filter((pattern) => typeof pattern === 'string'))];
}

interface Example {
  readonly at: string;
  readonly value: unknown;
  readonly schema: object;
}

/** The examples of schemas, and those of bodies, parameters and headers by their schema. */
function examples(): Example[] {
  return parts.flatMap(({ at, value }) => {
    const { schema = value } = value as { schema?: object };
    const { example, examples: several = [] } = value as { example?: unknown; examples?: unknown[] | object };
    const values: unknown[] = Array.isArray(several)
      ? several
      : Object.values(several).map((one: { value?: unknown }) => one.value);
    return [...(example === undefined ? [] : [example]), ...values].map((one) => ({ at, value: one, schema }));
  });
}

describe('The document', () => {
  it.each(patterns())('has a pattern that RE2 and ECMAScript read: %s', (pattern) => {
    expect(() => RE2JS.compile(pattern)).not.toThrow();
    expect(() => new RegExp(pattern, 'u')).not.toThrow();
  });

  it('has examples that its schemas accept', () => {
    const wrong = examples().flatMap(({ at, value, schema }) =>
      mistakesIn(value, schema as Record<string, unknown>).map((mistake) => `${at}: ${mistake}`),
    );

    expect(examples().length).toBeGreaterThan(200);
    expect(wrong).toEqual([]);
  });
});
