import { describe, expect, it } from '@jest/globals';
import { graphql } from '../harness/http/graphql.ts';
import { graphqlApp } from './graphql-app.ts';

const { api, factory } = await graphqlApp();
const admin = await factory.admin();

describe('The query me', () => {
  it('returns the caller with the ETag of GET /v1/users/me', async () => {
    const user = await factory.user({ displayName: 'Ada' });
    const { headers, body } = await api.as(user).get('/v1/users/me');

    const { status, data, errors } = await graphql(
      api.as(user),
      `{ me { id email emailVerified displayName locale timezone roles status createdAt updatedAt permissions etag
        mfa { methods recoveryCodesLeft } } }`,
    );

    expect(errors).toEqual([]);
    expect(status).toBe(200);
    expect(data).toEqual({ me: { ...(body as object), etag: headers['etag'] } });
  });
});

describe('The query user', () => {
  it('returns a user to a caller with users:read', async () => {
    const { id, email } = await factory.user();

    const { data, errors } = await graphql(api.as(admin), 'query ($id: ID!) { user(id: $id) { email etag } }', { id });

    expect(errors).toEqual([]);
    expect(data).toEqual({ user: { email, etag: '"1"' } });
  });

  it.each(['01938c5e-7a80-7000-8000-3f2d6c1b9a04', 'not-an-id'])('has the problem of the API for %s', async (id) => {
    const rest = await api.as(admin).get(`/v1/users/${id}`);

    const { data, errors } = await graphql(api.as(admin), 'query ($id: ID!) { user(id: $id) { email } }', { id });

    expect(data).toEqual({ user: null });
    const { instance: _, ...problem } = rest.body as Record<string, unknown>;
    expect(errors).toMatchObject([{ path: ['user'], extensions: problem }]);
  });

  it('requires users:read, and records the denial once for each field', async () => {
    const user = await factory.user();
    const { id } = await factory.user();

    const response = await graphql(api.as(user), 'query ($id: ID!) { user(id: $id) { email } me { id } }', { id });

    expect(response.data).toEqual({ user: null, me: { id: user.id } });
    expect(response.errors).toMatchObject([{ path: ['user'], extensions: { code: 'forbidden', status: 403 } }]);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authz_fail' })).toMatchObject([
      { reason: 'missing permission users:read', request_id: response.headers['x-request-id'] },
    ]);
  });
});

describe('The query users', () => {
  interface Page {
    readonly edges: readonly { readonly cursor: string; readonly node: { readonly email: string } }[];
    readonly pageInfo: Readonly<Record<string, unknown>>;
  }
  const document = `query ($first: Int, $after: String, $last: Int, $before: String, $sort: UserSort, $email: String) {
    users(first: $first, after: $after, last: $last, before: $before, sort: $sort, email: $email) {
      edges { cursor node { email } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      total { count isExact }
    }
  }`;

  async function page(variables: Readonly<Record<string, unknown>>): Promise<Page> {
    const given = { sort: 'email', email: 'paged', ...variables };
    const { data, errors } = await graphql(api.as(admin), document, given);
    expect(errors).toEqual([]);
    return data?.['users'] as Page;
  }

  const emails = ({ edges }: Page): string[] => edges.map(({ node }) => node.email);

  it('pages forwards and backwards by the cursors of its edges', async () => {
    const all = ['paged1@example.com', 'paged2@example.com', 'paged3@example.com', 'paged4@example.com'];
    for (const email of all) await factory.user({ email });

    const first = await page({ first: 2 });
    const second = await page({ first: 2, after: first.pageInfo['endCursor'] });
    const between = await page({ first: 2, after: first.edges[0]?.cursor });
    const back = await page({ last: 1, before: second.pageInfo['startCursor'] });
    const end = await page({ last: 3 });

    expect(emails(first)).toEqual(all.slice(0, 2));
    expect(first).toMatchObject({
      total: { count: 4, isExact: true },
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
    expect(emails(second)).toEqual(all.slice(2));
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(emails(between)).toEqual(all.slice(1, 3));
    expect(emails(back)).toEqual(all.slice(1, 2));
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect(emails(end)).toEqual(all.slice(1));
    expect(end.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it('has the names of the API for the values of its enums', async () => {
    const { data } = await graphql(
      api.as(admin),
      '{ users(first: 1, status: active, sort: createdAt_desc) { total { count } } }',
    );

    expect(data).toMatchObject({ users: { total: { count: expect.any(Number) } } });
  });

  it('has the pointers of invalid arguments in its problem', async () => {
    const { errors } = await graphql(
      api.as(admin),
      '{ users(first: 101, createdAfter: "yesterday") { total { count } } }',
    );

    expect(errors).toMatchObject([{ extensions: { code: 'validation_failed', status: 422 } }]);
    expect(errors[0]?.extensions['errors']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ pointer: '#/first', code: 'max' }),
        expect.objectContaining({ pointer: '#/createdAfter', code: 'is_iso8601' }),
      ]),
    );
  });

  it('rejects the cursors of another list or caller, and both directions together', async () => {
    const { pageInfo } = await page({ first: 1 });
    const other = await factory.admin();
    const after = pageInfo['endCursor'];

    const ofOther = await graphql(api.as(other), document, { sort: 'email', email: 'paged', after });
    const ofSort = await graphql(api.as(admin), document, { sort: 'email_desc', email: 'paged', after });
    const both = await graphql(api.as(admin), document, { first: 1, last: 1 });

    expect(ofOther.errors).toMatchObject([{ extensions: { code: 'invalid_cursor', status: 400 } }]);
    expect(ofSort.errors).toMatchObject([{ extensions: { code: 'invalid_cursor', status: 400 } }]);
    expect(both.errors).toMatchObject([{ extensions: { errors: [{ pointer: '#/first', code: 'excluded' }] } }]);
  });
});
