import { describe, expect, it } from '@jest/globals';
import { ModulesContainer } from '@nestjs/core';
import { buildSchema, lexicographicSortSchema, printSchema } from 'graphql';
import fs from 'node:fs';
import { join } from 'node:path';
import { loadResolvers } from '../../src/platform/feature/graphql-resolver.ts';
import { schemaDocument } from '../../src/platform/graphql/schema-document.ts';
import { createApiKey } from '../harness/http/api-keys.ts';
import { graphql } from '../harness/http/graphql.ts';
import { root } from '../harness/process/service-process.ts';
import { graphqlApp } from './graphql-app.ts';

const { app, api, factory } = await graphqlApp();
const user = await factory.user();

describe('POST /graphql', () => {
  it('requires authentication for every document', async () => {
    expect(await api.post('/graphql', { query: '{ __typename }' })).toBeProblem('unauthenticated', 401);
  });

  it('rejects the tokens of a session that was revoked', async () => {
    const revoked = await factory.user();
    const { accessToken } = await api.tokensOf(revoked);
    expect((await graphql(api.as(revoked), '{ me { id } }')).errors).toEqual([]);

    expect((await api.as(revoked).post('/v1/auth/logout-all', {})).status).toBe(204);
    const response = await api.post('/graphql', { query: '{ me { id } }' }, { Authorization: `Bearer ${accessToken}` });

    expect(response).toBeProblem('unauthenticated', 401);
  });

  it('rejects other requests with the problems of the API', async () => {
    const asUser = api.as(user);

    expect(await asUser.get('/graphql?query={me{id}}')).toBeProblem('method-not-allowed', 405);
    expect(await asUser.post('/graphql', {})).toBeProblem('validation-failed', 422);
    expect(await asUser.post('/graphql', '{', { 'Content-Type': 'application/json' })).toBeProblem(
      'malformed-json',
      400,
    );
    expect(await asUser.post('/graphql', '{me{id}}', { 'Content-Type': 'application/graphql' })).toBeProblem(
      'unsupported-media-type',
      415,
    );
  });

  it('returns the status 400 for a document that is not executed in application/graphql-response+json', async () => {
    const { accessToken } = await api.tokensOf(user);
    const send = async (query: string): Promise<Response> =>
      await fetch(`${api.baseUrl}/graphql`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${accessToken}`,
          Accept: 'application/graphql-response+json',
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ query }),
      });

    const [valid, invalid] = [await send('{ me { id } }'), await send('{ you }')];

    expect(valid.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    expect([valid.status, await valid.json()]).toEqual([200, { data: { me: { id: user.id } } }]);
    expect([invalid.status, await invalid.json()]).toMatchObject([400, { errors: [{ locations: [{ line: 1 }] }] }]);
  });

  it('has the problem invalid-graphql-document for a document that the schema does not allow', async () => {
    const { data, errors, headers } = await graphql(api.as(user), '{ mee { id } }');

    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      {
        message: 'Cannot query field "mee" on type "Query". Did you mean "me"?',
        extensions: {
          type: '/problems/invalid-graphql-document',
          code: 'invalid_graphql_document',
          status: 400,
          instance: `urn:request:${headers['x-request-id'] ?? ''}`,
        },
      },
    ]);
  });

  it.each([
    ['an argument', 'query ($id: ID = "1") { user(id: $id) { id } }', { id: null }],
    ['a directive', 'query ($is: Boolean = true) { me { email @include(if: $is) } }', { is: null }],
    ['a directive of a root field', 'query ($is: Boolean = true) { me @include(if: $is) { id } }', { is: null }],
    ['a directive of a subscription', 'subscription ($is: Boolean!) { jobEvents(id: "1") @skip(if: $is) { seq } }', {}],
  ])('has the same problem for a variable that is no value of %s', async (_, document, variables) => {
    const { errors } = await graphql(api.as(user), document, variables);

    expect(errors).toMatchObject([{ extensions: { code: 'invalid_graphql_document', status: 400 } }]);
  });

  it('quotes at most 1,000 characters of an invalid value', async () => {
    const document = 'mutation ($input: UpdateMeInput!) { updateMe(ifMatch: "*", input: $input) { id } }';
    const unknown = Array.from({ length: 50 }, (_, at) => [`unknown${at}`, 1] as const);
    const input = { displayName: 'x'.repeat(200_000), ...Object.fromEntries(unknown) };

    const { errors } = await graphql(api.as(user), document, { input });

    expect(errors.length).toBeGreaterThanOrEqual(50);
    for (const { message } of errors) expect(message.length).toBeLessThanOrEqual(1001);
  });

  it('accepts API keys for the fields that do', async () => {
    const admin = await factory.admin();
    const { key } = await createApiKey(api.as(admin), ['users:read']);
    const document = { query: '{ me { id } users(first: 1) { edges { node { id } } } }' };

    const { body } = await api.post('/graphql', document, { 'X-API-Key': key });

    expect(body).toMatchObject({ data: { me: { id: admin.id }, users: { edges: [{}] } } });
    expect(body).not.toHaveProperty('errors');
  });
});

describe('docs/schema.graphql', () => {
  it('is the schema of the resolvers; npm run generate:docs writes it', async () => {
    const committed = fs.readFileSync(join(root, 'docs/schema.graphql'), 'utf8');

    const document = await schemaDocument(await loadResolvers(app.get(ModulesContainer)));

    expect(`${printSchema(lexicographicSortSchema(buildSchema(committed)))}\n`).toBe(document);
  });
});
