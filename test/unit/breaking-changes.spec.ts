import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import type { ApiDocument } from '../harness/openapi/breaking-changes.ts';
import { breakingChanges } from '../harness/openapi/breaking-changes.ts';
import type { Schema } from '../harness/openapi/resolved-schemas.ts';

const docs = join(import.meta.dirname, '../../docs');

function read(name: string): ApiDocument {
  return JSON.parse(fs.readFileSync(join(docs, name), 'utf8')) as ApiDocument;
}

type Operation = ApiDocument['paths'][string][string];

const book: Schema = {
  type: 'object',
  required: ['title'],
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 80 },
    pages: { type: 'integer', minimum: 1, maximum: 9000 },
    genre: { $ref: '#/components/schemas/Genre' },
    note: { type: ['string', 'null'] },
    author: { anyOf: [{ $ref: '#/components/schemas/Author' }, { type: 'null' }] },
    tags: { type: 'array', maxItems: 8, items: { type: 'string' } },
  },
};

const original: Operation = {
  operationId: 'putBook',
  security: [],
  parameters: [{ name: 'sort', in: 'query', schema: { type: 'string', enum: ['a', 'b'] } }],
  requestBody: { required: false, content: { 'application/json': { schema: { $ref: '#/components/schemas/Book' } } } },
  responses: {
    200: {
      headers: { ETag: { $ref: '#/components/headers/ETag' } },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Shown' } } },
    },
    404: { $ref: '#/components/responses/NotFound' },
    409: { content: { 'application/problem+json': { examples: { 'title-taken': {}, 'concurrent-change': {} } } } },
  },
};

interface Parts {
  readonly operation?: Operation;
  readonly sent?: Schema;
  readonly shown?: Schema;
  readonly genres?: readonly string[];
  readonly etag?: { readonly required?: boolean };
}

function documentOf({
  operation = original,
  sent = book,
  shown = book,
  genres = ['crime', 'poetry'],
  etag = { required: true },
}: Parts = {}): ApiDocument {
  return {
    servers: [{ url: '/' }],
    paths: { '/books': { put: operation } },
    components: {
      headers: { ETag: etag },
      schemas: {
        Book: sent,
        Shown: shown,
        Genre: { type: 'string', enum: genres },
        Author: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      },
      responses: { NotFound: { content: { 'application/problem+json': { schema: { type: 'object' } } } } },
    },
  };
}

function withMember(name: string, schema: Schema): Schema {
  return { ...book, properties: { ...book.properties, [name]: schema } };
}

function without(name: string): Schema {
  return { ...book, properties: Object.fromEntries(Object.entries(book.properties ?? {}).filter(([n]) => n !== name)) };
}

const found = (now: ApiDocument): string[] => breakingChanges(documentOf(), now);

describe('breakingChanges', () => {
  it('finds none in an equal or extended document', () => {
    const required = [...(book.required ?? []), 'pages'];
    const parameters = [...(original.parameters ?? []), { name: 'page', in: 'query', schema: { type: 'integer' } }];
    const more = documentOf({
      operation: { ...original, parameters, responses: { ...original.responses, 410: {} } },
      sent: withMember('isbn', { type: 'string' }),
      shown: { ...withMember('isbn', { type: 'string' }), required },
      genres: ['crime', 'poetry', 'essay'],
    });

    expect(found(documentOf())).toEqual([]);
    expect(found({ ...more, paths: { ...more.paths, '/authors': { get: {} } } })).toEqual([]);
  });

  it.each<[string, ApiDocument, string]>([
    ['a path', { ...documentOf(), paths: {} }, 'PUT /books: the operation is removed'],
    ['a method', { ...documentOf(), paths: { '/books': {} } }, 'PUT /books: the operation is removed'],
    [
      'an operationId',
      documentOf({ operation: { ...original, operationId: 'saveBook' } }),
      'PUT /books: the operationId putBook is now saveBook',
    ],
    [
      'access without a token',
      documentOf({ operation: { ...original, security: [{ bearer: [] }] } }),
      'PUT /books: it now requires an access token',
    ],
    [
      'access without a permission',
      documentOf({ operation: { ...original, 'x-permissions': ['books:write'] } }),
      'PUT /books: it now requires the permission books:write',
    ],
    ['a server', { ...documentOf(), servers: [{ url: '/v2' }] }, 'the server / is removed'],
    [
      'a type of problem',
      documentOf({
        operation: {
          ...original,
          responses: {
            ...original.responses,
            409: { content: { 'application/problem+json': { examples: { 'concurrent-change': {} } } } },
          },
        },
      }),
      'PUT /books 409: the problem title-taken is removed',
    ],
    ['the presence of a header', documentOf({ etag: {} }), 'PUT /books 200: the header ETag can now be absent'],
    [
      'the format of a response member',
      documentOf({ shown: withMember('note', { type: ['string', 'null'], format: 'date' }) }),
      'PUT /books 200 .note: its format is now date',
    ],
    [
      'a smaller minimum of items',
      documentOf({ sent: withMember('tags', { type: 'array', maxItems: 8, minItems: 2, items: { type: 'string' } }) }),
      'PUT /books body .tags: minItems is now 2',
    ],
    [
      'a status',
      documentOf({ operation: { ...original, responses: { 200: original.responses?.['200'] ?? {} } } }),
      'PUT /books 404: the status is removed',
    ],
    [
      'a response header',
      documentOf({
        operation: {
          ...original,
          responses: { ...original.responses, 200: { content: original.responses?.['200']?.content ?? {} } },
        },
      }),
      'PUT /books 200: the header ETag is removed',
    ],
    ['a response member', documentOf({ shown: without('pages') }), 'PUT /books 200: the member pages is removed'],
    [
      'the presence of a member',
      documentOf({ shown: { ...book, required: [] } }),
      'PUT /books 200: the member title can now be absent',
    ],
    [
      'the type of a response member',
      documentOf({ shown: withMember('pages', { type: ['integer', 'null'] }) }),
      'PUT /books 200 .pages: it can now be null',
    ],
    [
      'a nested response member',
      documentOf({ shown: withMember('author', { type: ['object', 'null'], properties: {} }) }),
      'PUT /books 200 .author: the member name is removed',
    ],
    [
      'the type of response items',
      documentOf({ shown: withMember('tags', { type: 'array', items: { type: 'integer' } }) }),
      'PUT /books 200 .tags []: it can now be integer',
    ],
    [
      'a parameter',
      documentOf({ operation: { ...original, parameters: [] } }),
      'PUT /books: the query parameter sort is removed',
    ],
    [
      'a call without a parameter',
      documentOf({
        operation: {
          ...original,
          parameters: [...(original.parameters ?? []), { name: 'If-Match', in: 'header', required: true }],
        },
      }),
      'PUT /books: the header parameter If-Match is now required',
    ],
    [
      'a value of a parameter',
      documentOf({
        operation: {
          ...original,
          parameters: [{ name: 'sort', in: 'query', schema: { type: 'string', enum: ['a'] } }],
        },
      }),
      'PUT /books query parameter sort: the value b is no longer accepted',
    ],
    [
      'a call without a body',
      documentOf({ operation: { ...original, requestBody: { ...original.requestBody, required: true } } }),
      'PUT /books body: it is now required',
    ],
    [
      'a member of a body',
      documentOf({ sent: without('pages') }),
      'PUT /books body: the member pages is no longer accepted',
    ],
    [
      'a body without a member',
      documentOf({ sent: { ...book, required: ['title', 'pages'] } }),
      'PUT /books body: the member pages is now required',
    ],
    [
      'null in a body',
      documentOf({ sent: withMember('note', { type: 'string' }) }),
      'PUT /books body .note: null is no longer accepted',
    ],
    ['an enum', documentOf({ genres: ['crime'] }), 'PUT /books body .genre: the value poetry is no longer accepted'],
    [
      'free choice',
      documentOf({ sent: withMember('title', { type: 'string', enum: ['Emma'] }) }),
      'PUT /books body .title: the value other than Emma is no longer accepted',
    ],
    [
      'a larger maximum length',
      documentOf({ sent: withMember('title', { type: 'string', minLength: 1, maxLength: 40 }) }),
      'PUT /books body .title: maxLength is now 40',
    ],
    [
      'a smaller minimum',
      documentOf({ sent: withMember('pages', { type: 'integer', minimum: 10, maximum: 9000 }) }),
      'PUT /books body .pages: minimum is now 10',
    ],
  ])('finds the removal of %s', (_what, now, change) => {
    expect(found(now)).toContain(change);
  });

  it('compares allOf and oneOf schemas, however they are written', () => {
    const parts: Schema = {
      allOf: [
        { ...book, required: [], properties: { title: { type: 'string', minLength: 1, maxLength: 80 } } },
        { ...book, properties: { ...without('title').properties } },
      ],
    };

    expect(found(documentOf({ sent: parts, shown: parts }))).toEqual([]);
    expect(found(documentOf({ shown: { oneOf: [book, withMember('isbn', { type: 'string' })] } }))).toEqual([]);
    expect(found(documentOf({ shown: { oneOf: [book, without('note')] } }))).toEqual([
      'PUT /books 200: the member note is removed',
    ]);
  });

  describe('in a discriminated union', () => {
    const union = (schemas: Readonly<Record<string, Schema>>): ApiDocument => {
      const mapping = Object.fromEntries(Object.keys(schemas).map((kind) => [kind, `#/components/schemas/${kind}`]));
      const either: Schema = { discriminator: { propertyName: 'kind', mapping } };
      const { components, ...rest } = documentOf({ sent: either, shown: either });
      return { ...rest, components: { ...components, schemas: { ...components?.schemas, ...schemas } } };
    };
    const novel = withMember('kind', { const: 'novel' });
    const map = withMember('kind', { const: 'map' });

    it('finds a removed variant of a request, and no added one', () => {
      expect(breakingChanges(union({ novel, map }), union({ novel }))).toEqual([
        'PUT /books body: the value map is no longer accepted',
      ]);
      expect(breakingChanges(union({ novel }), union({ novel, map }))).toEqual([]);
    });

    it('finds a removal in a variant', () => {
      const later = { ...map, properties: { ...map.properties, title: { type: 'string', maxLength: 40 } } };

      expect(breakingChanges(union({ novel, map }), union({ novel, map: later }))).toEqual([
        'PUT /books body (map) .title: maxLength is now 40',
      ]);
    });
  });

  it('finds another security scheme', () => {
    const securedBy = (scheme: string): ApiDocument =>
      documentOf({ operation: { ...original, security: [{ [scheme]: [] }] } });

    expect(breakingChanges(securedBy('bearer'), securedBy('apiKey'))).toEqual([
      'PUT /books: the security scheme bearer is no longer accepted',
    ]);
  });

  it('accepts an integer instead of a number', () => {
    const widened = documentOf({ sent: withMember('pages', { type: 'number', minimum: 1, maximum: 9000 }) });

    expect(found(widened)).toEqual([]);
  });
});

describe('docs/openapi.json', () => {
  it('breaks no client of docs/openapi.released.json', () => {
    const broken = breakingChanges(read('openapi.released.json'), read('openapi.json'));

    if (broken.length === 0) return;
    throw new Error(
      `Clients of the released document would break:\n  ${broken.join('\n  ')}\n` +
        'Revert the change; or if it is intended, describe it in CHANGELOG.md and run npm run openapi:baseline.',
    );
  });
});
