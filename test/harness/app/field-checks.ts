import type { Type } from '@nestjs/common';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { jsonSchemaOf } from '../../../src/platform/validation/json-schema.ts';
import { validateInput } from '../../../src/platform/validation/validate-input.ts';

/** The path and the code of each violation of a DTO class. */
export async function violationsOf(
  type: Type<object>,
  input: object,
  source: 'json' | 'text' = 'json',
): Promise<[string, string][]> {
  const { errors } = await validateInput(type, input, source);
  return errors.map(({ path, code }) => [path.join('/'), code]);
}

/** Whether a value conforms to the JSON Schema of a DTO class. */
export function schemaCheckOf(type: Type<object>): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, formats: { decimal: true } });
  addFormats.default(ajv);
  return ajv.compile(jsonSchemaOf(type));
}

/** The pattern and the examples in the JSON Schema of a member; the empty pattern and list when it has none. */
export function publishedRulesOf(type: Type<object>, name: string): { pattern: string; examples: readonly unknown[] } {
  const { properties } = jsonSchemaOf(type) as { properties: Record<string, Record<string, unknown>> };
  const { pattern = '', examples = [] } = properties[name] as { pattern?: string; examples?: unknown[] };
  return { pattern, examples };
}
