import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../harness/app/app.ts';
import { configuredApp } from '../harness/app/configured-app.ts';

const { api, factory } = await configuredApp();
const admin = await factory.admin();

describe('AUTH_ROLES', () => {
  it('sets the permissions of a built-in role', async () => {
    const user = await factory.user();

    expect((await api.as(user).get('/v1/users/me')).body).toMatchObject({ permissions: ['users:read'] });
    expect((await api.as(user).get('/v1/users')).status).toBe(200);
    expect(await api.as(user).get('/v1/audit-events')).toBeProblem('forbidden', 403);
  });

  it('adds a role that can be assigned', async () => {
    const user = await factory.user();

    const response = await fetch(`${api.baseUrl}/v1/users/${user.id}`, {
      method: 'PATCH',
      headers: {
        Authorization: `Bearer ${(await api.tokensOf(admin)).accessToken}`,
        'Content-Type': 'application/json',
        'If-Match': '*',
      },
      body: JSON.stringify({ roles: ['support'] }),
    });

    expect(await response.json()).toMatchObject({ roles: ['support'] });
    expect((await api.as(user).get('/v1/audit-events')).status).toBe(200);
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);
  });

  it('keeps rejecting roles that are not configured', async () => {
    const user = await factory.user();

    const response = await api.as(admin).patch(`/v1/users/${user.id}`, { roles: ['root'] }, { 'If-Match': '*' });

    expect(response).toBeProblem('validation-failed', 422);
    expect(response.body).toMatchObject({
      errors: [{ pointer: '#/roles', code: 'is_in', detail: 'must hold only user, admin, support' }],
    });
  });

  it('is in the OpenAPI document', async () => {
    const { body } = await api.get('/docs/openapi.json');

    expect(body).toMatchObject({ components: { schemas: { Role: { enum: ['user', 'admin', 'support'] } } } });
    expect((body as { info: { description: string } }).info.description).toContain('| `users:read` | yes | yes | no |');
  });

  it.each(['admin', '[]', '{"Admin":[]}', '{"user":"users:read"}', '{"user":["users"]}'])(
    'rejects the value %s',
    (value) => {
      expect(() => testConfig({ AUTH_ROLES: value })).toThrow(/AUTH_ROLES: must be a JSON object/);
    },
  );
});
