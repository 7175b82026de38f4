import { describe, expect, it } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';
import { graphql } from '../harness/http/graphql.ts';

const limit = 10;
const { api, factory, database } = await startApp({
  GRAPHQL: 'on',
  RATE_LIMIT_REQUESTS: String(limit),
  RATE_LIMIT_WINDOW_SECONDS: '3600',
  AUTH_MFA_REQUIRED_ROLES: 'admin',
});

describe('The rate limit', () => {
  const user = 'id email displayName locale timezone roles status createdAt updatedAt etag';
  const page = (size: number): string => `users(first: ${size}) { edges { node { ${user} } } }`;

  it.each([
    ['each root field as a request', '{ a: me { id } b: me { id } c: jobTypes { name } }', 3],
    ['a field once that two selections have', '{ me { id } ...F } fragment F on Query { me { email } }', 1],
    ['a page of 50 users with ten fields as one', `{ ${page(50)} }`, 1],
    ['a page of 100 as two', `{ ${page(100)} }`, 2],
    ['the fields of a fragment', `{ ...F } fragment F on Query { ${page(100)} me { id } }`, 3],
  ])('counts %s', async (_, document, requests) => {
    const { data, headers } = await graphql(api.as(await factory.user()), document);

    expect(data).toBeDefined();
    expect(headers['ratelimit']).toMatch(`"default";r=${limit - requests};`);
  });

  it('refuses an operation before it is executed, and says when to repeat it', async () => {
    const user = await factory.user();
    const jobs = Array.from({ length: limit + 1 }, (_, at) => {
      return `a${at}: createJob(input: { type: "account.export", payload: {} }) { id }`;
    });

    const refused = await graphql(api.as(user), `mutation { ${jobs.join(' ')} }`);

    expect(refused.data).toBeUndefined();
    expect(refused.errors).toMatchObject([
      { extensions: { code: 'too_many_requests', status: 429, retryAfter: expect.any(Number) } },
    ]);
    expect((await database.pool.query('SELECT FROM jobs WHERE owner_id = $1', [user.id])).rowCount).toBe(0);
    expect(await api.as(user).post('/graphql', { query: '{ me { id } }' })).toBeProblem('too-many-requests', 429);
  });
});

describe('A user without the second factor that a role requires', () => {
  it('reads the own account, and nothing else', async () => {
    const { data, errors } = await graphql(api.as(await factory.admin()), '{ me { roles } users { total { count } } }');

    expect(data).toEqual({ me: { roles: ['user', 'admin'] }, users: null });
    expect(errors).toMatchObject([{ path: ['users'], extensions: { code: 'mfa_enrolment_required', status: 403 } }]);
  });
});
