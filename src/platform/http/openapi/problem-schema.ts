import type { Links } from '../../config/links.ts';
import { freeText } from '../../validation/field.ts';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { problemCatalogue, problemCode, problemType } from '../problem/problem-kind.ts';

const pointerPattern = '^#(/.*)?$';
const codePattern = '^[a-z][a-z0-9_]*$';

/** The name of the kind in the document; the name of its schema has the suffix `Problem`. */
export function problemName({ slug }: ProblemKind): string {
  return slug.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A reference to the schema of this kind. */
export function problemReference(kind: ProblemKind): { $ref: string } {
  return { $ref: `#/components/schemas/${problemName(kind)}Problem` };
}

/** The schema of all problems and a schema for each of these kinds, by name. */
export function problemSchemas(kinds: Iterable<ProblemKind>, links: Links): Record<string, object> {
  return {
    Problem: problem,
    ProblemCode: { type: 'string', description: codeDescription, enum: problemCatalogue().map(problemCode).sort() },
    InputError: inputError,
    ...Object.fromEntries([...kinds].map((kind) => [`${problemName(kind)}Problem`, schemaOf(kind, links)])),
  };
}

/** The schema of one kind; `code` is the discriminator. */
function schemaOf(kind: ProblemKind, links: Links): object {
  const { title, status, description, resolution, members } = kind;
  return {
    description: `${description} ${resolution}`,
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      {
        type: 'object',
        required: ['type', 'title', 'status', 'code'],
        properties: {
          type: { const: links.path(problemType(kind)) },
          title: { const: title },
          status: { const: status },
          code: { const: problemCode(kind) },
          ...members?.properties,
        },
      },
    ],
  };
}

const codeDescription = 'The kind of problem: the last segment of its `type` in snake case.';

const problem = {
  type: 'object',
  description: 'Problem details (RFC 9457): the members of every problem.',
  required: ['type', 'title', 'status', 'instance', 'code'],
  properties: {
    type: {
      type: 'string',
      format: 'uri-reference',
      maxLength: 128,
      description: 'The URI of the kind of problem; it returns an explanation.',
    },
    title: { type: 'string', maxLength: 128, pattern: freeText, description: 'The same for every occurrence.' },
    status: { type: 'integer', format: 'int32', minimum: 400, maximum: 599, description: 'The HTTP status.' },
    detail: {
      type: 'string',
      maxLength: 1024,
      pattern: freeText,
      description: 'An explanation of this occurrence.',
    },
    instance: { type: 'string', format: 'uri', maxLength: 128, description: '`urn:request:` and the request id.' },
    traceId: {
      type: 'string',
      maxLength: 32,
      pattern: '^[0-9a-f]{32}$',
      description: 'Trace id of the request (W3C Trace Context), if it has one.',
    },
    code: { $ref: '#/components/schemas/ProblemCode' },
    errors: {
      type: 'array',
      maxItems: 100,
      description: 'All violations in the input.',
      items: { $ref: '#/components/schemas/InputError' },
    },
  },
};

/** One entry of `errors`. */
const inputError = {
  type: 'object',
  description: 'One violation in the input, located by pointer, parameter or header.',
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
    code: { type: 'string', maxLength: 64, pattern: codePattern, description: 'The violated rule.' },
    detail: { type: 'string', maxLength: 1024, pattern: freeText, description: 'An explanation of the rule.' },
  },
};
