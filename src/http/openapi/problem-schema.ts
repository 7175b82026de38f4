import { freeText } from '../../validation/field.ts';
import { problemCatalogue } from '../problem/problem-kind.ts';

const pointerPattern = '^#(/.*)?$';
const codePattern = '^[a-z][a-z0-9_]*$';

/** The schema of every failure: RFC 9457 with this service's extension members, and those of some kinds of problem. */
export function problemSchema(): object {
  const ofKinds = problemCatalogue().map(({ members }) => members?.properties ?? {});
  return { ...schema, properties: Object.assign({}, schema.properties, ...ofKinds) as object };
}

const schema = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  required: ['type', 'title', 'status', 'instance', 'code'],
  properties: {
    type: {
      type: 'string',
      format: 'uri-reference',
      maxLength: 128,
      description: 'What kind of problem this is; the service answers it with an explanation.',
    },
    title: { type: 'string', maxLength: 128, pattern: freeText, description: 'The same for every occurrence.' },
    status: { type: 'integer', format: 'int32', minimum: 400, maximum: 599, description: 'The HTTP status.' },
    detail: {
      type: 'string',
      maxLength: 1024,
      pattern: freeText,
      description: 'What is particular to this occurrence.',
    },
    instance: { type: 'string', format: 'uri', maxLength: 128, description: 'urn:request: and the request id.' },
    code: {
      type: 'string',
      maxLength: 128,
      pattern: codePattern,
      description: 'The last segment of `type` in snake case.',
    },
    errors: {
      type: 'array',
      maxItems: 100,
      description: 'Everything that is wrong with the input.',
      items: { $ref: '#/components/schemas/InputError' },
    },
  },
};

/** One entry of `errors`. */
export const inputErrorSchema = {
  type: 'object',
  description: 'One mistake in the input, located by pointer, parameter or header.',
  required: ['code', 'detail'],
  properties: {
    pointer: {
      type: 'string',
      maxLength: 1024,
      pattern: pointerPattern,
      description: 'JSON Pointer into the body as a URI fragment (RFC 6901).',
    },
    parameter: { type: 'string', maxLength: 256, pattern: freeText, description: 'Name of the query parameter.' },
    header: { type: 'string', maxLength: 256, pattern: freeText, description: 'Name of the header.' },
    code: { type: 'string', maxLength: 64, pattern: codePattern, description: 'The rule that is broken.' },
    detail: { type: 'string', maxLength: 1024, pattern: freeText, description: 'The rule in words.' },
  },
};
