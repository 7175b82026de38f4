import { describe, expect, it } from '@jest/globals';
import { namedSchemas as schemas } from '../harness/openapi/api-document.ts';
import { invalidUserChanges } from '../contracts/rule-tables.ts';
import { usersApp } from './users-app.ts';

const { api, factory } = await usersApp();
const admin = await factory.admin();
const asAdmin = api.as(admin);

describe('GET /v1/users/me', () => {
  it('returns the caller with roles and permissions', async () => {
    const ada = await factory.admin({ displayName: 'Ada' });

    const response = await api.as(ada).get('/v1/users/me');

    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      id: ada.id,
      email: ada.email,
      emailVerified: true,
      displayName: 'Ada',
      locale: 'en',
      timezone: 'UTC',
      roles: ['user', 'admin'],
      status: 'active',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: expect.any(String),
      permissions: schemas['Permission']?.['enum'],
      mfa: { methods: [], recoveryCodesLeft: 0 },
    });
  });

  it('returns no permissions for a user without roles', async () => {
    const user = await factory.user({ roles: [] });

    expect((await api.as(user).get('/v1/users/me')).body).toMatchObject({ roles: [], permissions: [] });
  });
});

describe('GET /v1/users/{id}', () => {
  it('returns a user', async () => {
    const user = await factory.user({ verified: false });

    const response = await asAdmin.get(`/v1/users/${user.id.toUpperCase()}`);

    expect(response).toMatchObject({ status: 200, body: { id: user.id, status: 'unverified', emailVerified: false } });
    expect(response.text).not.toMatch(/argon2|password/i);
  });

  it('returns the same response for a deleted user and for an unknown id', async () => {
    const deletedUser = await factory.user({ deleted: true });
    const id = 'X-Request-Id';

    const deleted = await asAdmin.get(`/v1/users/${deletedUser.id}`, { [id]: 'same' });
    const unknown = await asAdmin.get('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04', { [id]: 'same' });

    expect(deleted).toBeProblem('not-found', 404);
    expect(unknown.text).toBe(deleted.text);
  });

  it('returns 403 without the permission, and records the denial', async () => {
    const user = await factory.user({ roles: [] });

    const response = await api.as(user).get(`/v1/users/${admin.id}`);

    expect(response).toBeProblem('forbidden', 403);
    expect(await factory.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({
        actor_id: user.id,
        outcome: 'failure',
        reason: 'missing permission users:read',
        request_id: response.headers['x-request-id'],
      }),
    );
  });
});

describe('PATCH /v1/users/{id}', () => {
  it('updates only the sent fields', async () => {
    const user = await factory.user({ displayName: 'Before' });

    const response = await asAdmin.patch(`/v1/users/${user.id}`, { displayName: 'After' }, { 'If-Match': '*' });

    expect(response).toMatchObject({ status: 200, body: { displayName: 'After', roles: ['user'], email: user.email } });
    expect(
      (await asAdmin.patch(`/v1/users/${user.id}`, { displayName: null }, { 'If-Match': '*' })).body,
    ).toMatchObject({
      displayName: null,
    });
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_updated' })).toHaveLength(2);
  });

  it('assigns roles that take effect at once', async () => {
    const user = await factory.user({ roles: [] });
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);

    await asAdmin.patch(`/v1/users/${user.id}`, { roles: ['user', 'admin'] }, { 'If-Match': '*' });

    expect((await api.as(user).get('/v1/users')).status).toBe(200);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authz_admin' })).toEqual([
      expect.objectContaining({ actor_id: admin.id, reason: 'roles set to user admin' }),
    ]);
  });

  it.each(invalidUserChanges)('returns 422 for %s and changes nothing', async (_, change, pointer) => {
    const user = await factory.user();
    const before = await asAdmin.get(`/v1/users/${user.id}`);

    const response = await asAdmin.patch(`/v1/users/${user.id}`, { ...change }, { 'If-Match': '*' });

    expect(response).toBeProblem('validation-failed', 422);
    expect(response.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) });
    expect((await asAdmin.get(`/v1/users/${user.id}`)).text).toBe(before.text);
  });

  it('requires the current version, which also returns 304', async () => {
    const user = await factory.user();
    const at = `/v1/users/${user.id}`;
    const { etag = '' } = (await asAdmin.get(at)).headers;
    await asAdmin.patch(at, { displayName: 'Newer' }, { 'If-Match': etag });

    expect(await asAdmin.patch(at, { displayName: 'Late' }, { 'If-Match': etag })).toBeProblem(
      'precondition-failed',
      412,
    );
    expect(await asAdmin.delete(at, { 'If-Match': etag })).toBeProblem('precondition-failed', 412);
    expect(await asAdmin.delete(at)).toBeProblem('precondition-required', 428);
    expect((await asAdmin.get(at, { 'If-None-Match': etag })).body).toMatchObject({ displayName: 'Newer' });
    expect((await asAdmin.get(at, { 'If-None-Match': `W/"2", ${etag}` })).status).toBe(304);
  });

  it('returns 403 for own roles', async () => {
    expect(await asAdmin.patch(`/v1/users/${admin.id}`, { roles: ['user', 'admin'] }, { 'If-Match': '*' })).toBeProblem(
      'cannot-change-own-roles',
      403,
    );
  });

  it('returns 404 for an unknown id', async () => {
    const path = '/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04';

    expect(await asAdmin.patch(path, { displayName: 'Unknown' }, { 'If-Match': '*' })).toBeProblem('not-found', 404);
  });

  it('returns 403 without the permission', async () => {
    const user = await factory.user({ roles: [] });

    expect(await api.as(user).patch(`/v1/users/${user.id}`, { roles: ['admin'] }, { 'If-Match': '*' })).toBeProblem(
      'forbidden',
      403,
    );
  });
});

describe('DELETE /v1/users/{id}', () => {
  it('removes the user, revokes sessions and records the deletion', async () => {
    const user = await factory.user();
    const tokens = await api.tokensOf(user);

    expect((await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' })).status).toBe(204);

    expect(await asAdmin.get(`/v1/users/${user.id}`)).toBeProblem('not-found', 404);
    expect(await api.as(user).get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    expect(await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).toBeProblem(
      'invalid-refresh-token',
      401,
    );
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_deleted' })).toHaveLength(1);
  });

  it('returns 404 when repeated', async () => {
    const user = await factory.user();
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });

    expect(await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' })).toBeProblem('not-found', 404);
  });
});
