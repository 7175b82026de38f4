import { describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { graphql } from '../harness/http/graphql.ts';
import { refusedRequests, repeated } from '../harness/http/refused-documents.ts';
import { graphqlApp } from './graphql-app.ts';

const { api, factory } = await graphqlApp();
const admin = api.as(await factory.admin());

const { tooManyAliases, tooDeep, doublingFragments, circularFragments } = refusedRequests;

describe('A document beyond the limits', () => {
  it.each([
    ['51 aliases', tooManyAliases.query],
    [
      '51 aliases in two fragments',
      `{ ...A ...A } fragment A on Query { ${repeated(26, (at) => `a${at}: __typename`)} }`,
    ],
    ['depth 50', tooDeep.query],
    ['501 fields', `{ me { ${'id '.repeat(501)} } }`],
    ['1,001 tokens', `{ me { id${' @a'.repeat(500)} } }`],
    ['501 fields in a fragment that is not used', `{ me { id } } fragment F on Me { ${'id '.repeat(501)} }`],
    ['11 operations', repeated(11, (at) => `query Q${at} { me { id } }`)],
    ['fragments that double the fields 20 times', doublingFragments.query],
  ])('is not executed: %s', async (_, query) => {
    const { data, errors } = await graphql(admin, query);

    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'graphql_limit_exceeded', status: 400 } }]);
  });

  it('is not executed when its pages cost too much, also by a variable', async () => {
    const fields = 'id email displayName locale timezone roles status createdAt updatedAt etag';
    const pages = repeated(5, (at) => `a${at}: users(first: $n) { edges { cursor node { ${fields} } } }`);
    const query = `query ($n: Int) { ${pages} }`;

    expect((await graphql(admin, query, { n: 1 })).errors).toEqual([]);
    expect((await graphql(admin, query.replace('$n: Int', '$n: Int = 1'))).errors).toEqual([]);
    for (const variables of [{ n: 100 }, { n: 1_000_000 }]) {
      const { data, errors } = await graphql(admin, query, variables);
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([
        { extensions: { code: 'graphql_limit_exceeded', detail: expect.stringContaining('cost') } },
      ]);
    }
  });

  it.each([
    ['circular fragments', circularFragments.query],
    ['the JSON of a syntax tree', JSON.stringify({ kind: 'Document', definitions: [] })],
    ['JSON without a meaning', 'null'],
    ['another kind of JSON', '[1]'],
    ['an empty JSON object', ' {}'],
  ])('is invalid: %s', async (_, query) => {
    const { data, errors } = await graphql(admin, query);

    expect(data).toBeUndefined();
    expect(errors[0]).toMatchObject({ extensions: { code: 'invalid_graphql_document', status: 400 } });
  });

  it('is refused with a problem of the API: 10,000 aliases, and a batch of 1,000', async () => {
    const { tenThousandAliases, batch } = refusedRequests;

    expect(await admin.post('/graphql', tenThousandAliases)).toBeProblem('validation-failed', 422);
    expect(await admin.post('/graphql', batch)).toBeProblem('validation-failed', 422);
    expect((await api.get('/livez')).status).toBe(200);
  });

  it('is refused with a problem of the API: 1 MiB', async () => {
    expect(await admin.post('/graphql', refusedRequests.oneMiB)).toBeProblem('content-too-large', 413);
    expect((await api.get('/livez')).status).toBe(200);
  });
});

describe('A document within the limits', () => {
  it('may spread a fragment once that has more than half of the fields', async () => {
    const fields = 'id '.repeat(400);

    const { errors } = await graphql(admin, `{ me { ...F } } fragment F on Me { ${fields} }`);

    expect(errors).toEqual([]);
  });
});

describe('Introspection', () => {
  it('is possible outside production, within the limits', async () => {
    const { data, errors } = await graphql(admin, getIntrospectionQuery());

    expect(errors).toEqual([]);
    expect(data).toHaveProperty('__schema');
  });
});
