import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api, given } = await start();
const admin = await given.admin();
const asAdmin = api.as(admin);

describe('GET /v1/users/me', () => {
  it('shows the caller with roles and permissions', async () => {
    const ada = await given.admin({ displayName: 'Ada' });

    const reply = await api.as(ada).get('/v1/users/me');

    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
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
      permissions: [
        'audit:read',
        'jobs:read',
        'jobs:write',
        'sessions:read',
        'sessions:write',
        'users:export',
        'users:read',
        'users:write',
      ],
    });
  });

  it('gives no permissions to a mere user', async () => {
    const user = await given.user();

    expect((await api.as(user).get('/v1/users/me')).body).toMatchObject({ roles: ['user'], permissions: [] });
  });
});

describe('GET /v1/users/{id}', () => {
  it('shows a user', async () => {
    const user = await given.user({ verified: false });

    const reply = await asAdmin.get(`/v1/users/${user.id.toUpperCase()}`);

    expect(reply).toMatchObject({ status: 200, body: { id: user.id, status: 'unverified', emailVerified: false } });
    expect(reply.text).not.toMatch(/argon2|password/i);
  });

  it('answers the same for a deleted user and for an id that nobody has', async () => {
    const gone = await given.user({ deleted: true });
    const id = 'X-Request-Id';

    const deleted = await asAdmin.get(`/v1/users/${gone.id}`, { [id]: 'same' });
    const unknown = await asAdmin.get('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04', { [id]: 'same' });

    expect(deleted).toBeProblem('not-found', 404);
    expect(unknown.text).toBe(deleted.text);
  });

  it('refuses whoever lacks the permission, and writes that down', async () => {
    const user = await given.user();

    const reply = await api.as(user).get(`/v1/users/${admin.id}`);

    expect(reply).toBeProblem('forbidden', 403);
    expect(await given.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({
        actor_id: user.id,
        outcome: 'failure',
        reason: 'missing permission users:read',
        request_id: reply.headers['x-request-id'],
      }),
    );
  });
});

describe('PATCH /v1/users/{id}', () => {
  it('changes what is sent and nothing else', async () => {
    const user = await given.user({ displayName: 'Before' });

    const reply = await asAdmin.patch(`/v1/users/${user.id}`, { displayName: 'After' }, { 'If-Match': '*' });

    expect(reply).toMatchObject({ status: 200, body: { displayName: 'After', roles: ['user'], email: user.email } });
    expect(
      (await asAdmin.patch(`/v1/users/${user.id}`, { displayName: null }, { 'If-Match': '*' })).body,
    ).toMatchObject({
      displayName: null,
    });
    expect(await given.auditEvents({ subjectId: user.id, event: 'user_updated' })).toHaveLength(2);
  });

  it('gives roles that count at once', async () => {
    const user = await given.user();
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);

    await asAdmin.patch(`/v1/users/${user.id}`, { roles: ['user', 'admin'] }, { 'If-Match': '*' });

    expect((await api.as(user).get('/v1/users')).status).toBe(200);
    expect(await given.auditEvents({ subjectId: user.id, event: 'authz_admin' })).toEqual([
      expect.objectContaining({ actor_id: admin.id, reason: 'roles set to user admin' }),
    ]);
  });

  it.each([
    ['an unknown role', { roles: ['root'] }, '#/roles'],
    ['a repeated role', { roles: ['user', 'user'] }, '#/roles'],
    ['roles that are no list', { roles: 'admin' }, '#/roles'],
    ['null roles', { roles: null }, '#/roles'],
    ['an empty name', { displayName: '' }, '#/displayName'],
    ['a name of 81 characters', { displayName: 'a'.repeat(81) }, '#/displayName'],
    ['a member it does not know', { email: 'new@example.com' }, '#/email'],
    ['the password hash', { passwordHash: 'x' }, '#/passwordHash'],
  ])('refuses %s and changes nothing', async (_, change, pointer) => {
    const user = await given.user();
    const before = await asAdmin.get(`/v1/users/${user.id}`);

    const reply = await asAdmin.patch(`/v1/users/${user.id}`, { ...change }, { 'If-Match': '*' });

    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) });
    expect((await asAdmin.get(`/v1/users/${user.id}`)).text).toBe(before.text);
  });

  it('wants the version that is there, and answers 304 to who has it', async () => {
    const user = await given.user();
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

  it('lets nobody change their own roles', async () => {
    expect(await asAdmin.patch(`/v1/users/${admin.id}`, { roles: ['user', 'admin'] }, { 'If-Match': '*' })).toBeProblem(
      'own-roles',
      403,
    );
  });

  it('knows nobody with an unknown id', async () => {
    const path = '/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04';

    expect(await asAdmin.patch(path, { displayName: 'Nobody' }, { 'If-Match': '*' })).toBeProblem('not-found', 404);
  });

  it('needs a permission', async () => {
    const user = await given.user();

    expect(await api.as(user).patch(`/v1/users/${user.id}`, { roles: ['admin'] }, { 'If-Match': '*' })).toBeProblem(
      'forbidden',
      403,
    );
  });
});

describe('DELETE /v1/users/{id}', () => {
  it('makes the user disappear, ends their sessions and is written down', async () => {
    const user = await given.user();
    const tokens = await api.tokensOf(user);

    expect((await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' })).status).toBe(204);

    expect(await asAdmin.get(`/v1/users/${user.id}`)).toBeProblem('not-found', 404);
    expect(await api.as(user).get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    expect(await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).toBeProblem(
      'invalid-refresh-token',
      401,
    );
    expect(await given.auditEvents({ subjectId: user.id, event: 'user_deleted' })).toHaveLength(1);
  });

  it('finds nobody the second time', async () => {
    const user = await given.user();
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });

    expect(await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' })).toBeProblem('not-found', 404);
  });
});
