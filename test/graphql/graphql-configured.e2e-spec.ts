import { describe, expect, it } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';
import { graphql } from '../harness/http/graphql.ts';

const { api, factory } = await startApp({
  GRAPHQL: 'on',
  RATE_LIMIT_REQUESTS: '5',
  RATE_LIMIT_WINDOW_SECONDS: '3600',
  AUTH_MFA_REQUIRED_ROLES: 'admin',
});

describe('The rate limit', () => {
  it('counts each root field of an operation', async () => {
    const user = await factory.user();

    const { data, errors, headers } = await graphql(
      api.as(user),
      'mutation { a: disableUser(id: "1") { id } b: disableUser(id: "1") { id } }',
    );
    const seven = await graphql(api.as(user), '{ a: me { id } b: me { id } c: me { id } d: me { id } }');

    expect(errors).toMatchObject([{ extensions: { code: 'forbidden' } }, { extensions: { code: 'forbidden' } }]);
    expect(data).toEqual({ a: null, b: null });
    expect(headers['ratelimit']).toMatch(/^"default";r=3;/);
    expect(seven.errors).toMatchObject([{ extensions: { code: 'too_many_requests', status: 429 } }]);
    expect(Object.values(seven.data ?? {}).filter((value) => value !== null)).toHaveLength(3);
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
