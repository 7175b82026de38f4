import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Api, ApiResponse } from '../harness/http/api.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { usersApp } from './users-app.ts';

const { api, factory, database } = await usersApp();
const mailbox = new Mailbox(api);
const admin = await factory.admin();
const asAdmin = api.as(admin);
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

const path = (user: { id: string }, action: string): string => `/v1/users/${user.id}/${action}`;

async function hasAccess(user: Parameters<Api['as']>[0]): Promise<boolean> {
  return (await api.as(user).get('/v1/users/me')).status === 200;
}

async function eventsAbout(user: FactoryUser): Promise<unknown[]> {
  return (await factory.auditEvents({ subjectId: user.id }))
    .filter(({ event }) => event !== 'authn_login_success')
    .map(({ event, actor_id, reason }) => [event, actor_id === admin.id ? 'admin' : actor_id, reason]);
}

async function expectForbiddenToOthers(send: (as: Api, user: FactoryUser) => Promise<ApiResponse>): Promise<void> {
  const [user, other] = [await factory.user({ roles: [] }), await factory.user({ roles: [] })];
  await api.tokensOf(user);

  expect(await send(api.as(other), user)).toBeProblem('forbidden', 403);
  expect(await send(api.as(user), user)).toBeProblem('forbidden', 403);

  expect(await hasAccess(user)).toBe(true);
  expect(await eventsAbout(other)).toEqual([['authz_fail', other.id, expect.stringContaining('missing')]]);
}

async function expectNotFoundForUnknown(send: (user: { id: string }) => Promise<ApiResponse>): Promise<void> {
  for (const user of [{ id: unknownId }, await factory.user({ deleted: true })])
    expect(await send(user)).toBeProblem('not-found', 404);
}

describe('GET /v1/users/{id}/sessions', () => {
  it('lists the sessions of a user to an administrator', async () => {
    const user = await factory.user();
    await api.tokensOf(user);

    const { status, body } = await asAdmin.get(path(user, 'sessions'));

    expect(status).toBe(200);
    expect(body).toMatchObject({ data: [{ amr: ['pwd'], current: false }], page: { total: 1 } });
  });

  it('marks the session of the request', async () => {
    const { body } = await asAdmin.get(path(admin, 'sessions'));

    expect(body).toMatchObject({ data: [{ current: true }] });
  });

  it('returns an empty list for a user without sessions', async () => {
    expect((await asAdmin.get(path(await factory.user(), 'sessions'))).body).toMatchObject({ data: [] });
  });

  it('returns 403 to other users', async () => {
    await expectForbiddenToOthers(async (as, user) => await as.get(path(user, 'sessions')));
  });

  it('returns 404 for an unknown and for a deleted user', async () => {
    await expectNotFoundForUnknown(async (user) => await asAdmin.get(path(user, 'sessions')));
  });
});

describe('DELETE /v1/users/{id}/sessions', () => {
  it('revokes all sessions, and records each once', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    await api.logIn(user);

    const statuses = [await asAdmin.delete(path(user, 'sessions')), await asAdmin.delete(path(user, 'sessions'))];

    expect(statuses.map(({ status }) => status)).toEqual([204, 204]);
    expect(await hasAccess(user)).toBe(false);
    const ended = ['session_ended', 'admin', 'ended_by_admin'];
    expect(await eventsAbout(user)).toEqual([ended, ended]);
    await expect(api.logIn(user)).resolves.toHaveProperty('accessToken');
  });

  it('returns 403 to other users', async () => {
    await expectForbiddenToOthers(async (as, user) => await as.delete(path(user, 'sessions')));
  });

  it('returns 404 for an unknown and for a deleted user', async () => {
    await expectNotFoundForUnknown(async (user) => await asAdmin.delete(path(user, 'sessions')));
  });
});

describe('DELETE /v1/users/{id}/sessions/{sessionId}', () => {
  const newestOf = async (user: FactoryUser): Promise<string> => {
    const { body } = await asAdmin.get(path(user, 'sessions'));
    return (body as { data: { id: string }[] }).data[0]?.id ?? '';
  };

  it('revokes one session, and no other', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    const { refreshToken } = await api.logIn(user);
    const target = path(user, `sessions/${await newestOf(user)}`);
    const key = { 'Idempotency-Key': randomUUID() };

    const statuses = [await asAdmin.delete(target, key), await asAdmin.delete(target, key)];

    expect(statuses.map(({ status }) => status)).toEqual([204, 204]);
    expect(await asAdmin.delete(target)).toBeProblem('not-found', 404);
    expect(await api.post('/v1/auth/refresh', { refreshToken })).toBeProblem('invalid-refresh-token', 401);
    expect(await hasAccess(user)).toBe(true);
    expect(await eventsAbout(user)).toContainEqual(['session_ended', 'admin', 'ended_by_admin']);
  });

  it('returns 403 to other users', async () => {
    await expectForbiddenToOthers(async (as, user) => await as.delete(path(user, `sessions/${unknownId}`)));
  });

  it('returns 404 for a session of another user', async () => {
    const [user, other] = [await factory.user(), await factory.user()];
    await api.tokensOf(other);

    const response = await asAdmin.delete(path(user, `sessions/${await newestOf(other)}`));

    expect(response).toBeProblem('not-found', 404);
    expect(await hasAccess(other)).toBe(true);
  });

  it('returns 404 for an unknown and for a deleted user', async () => {
    await expectNotFoundForUnknown(async (user) => await asAdmin.delete(path(user, `sessions/${unknownId}`)));
  });
});

describe('POST /v1/users/{id}/disable', () => {
  it('rejects sessions, tokens and passwords of the user at once', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.tokensOf(user);
    await asAdmin.post(path(user, 'password-reset'));
    const token = await mailbox.tokenFor(user.email);
    await api.logIn(user);

    const response = await asAdmin.post(path(user, 'disable'));

    expect(response).toMatchObject({ status: 200, body: { id: user.id, status: 'disabled' } });
    expect(response.headers['etag']).toBe('"2"');
    expect(await hasAccess(user)).toBe(false);
    expect(await api.post('/v1/auth/refresh', { refreshToken })).toBeProblem('invalid-refresh-token', 401);
    const { email, password } = user;
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);
    const newPassword = 'another password of the tests';
    expect(await api.post('/v1/auth/password/reset', { token, newPassword })).toBeProblem('invalid-token', 400);
    expect(await eventsAbout(user)).toEqual(
      expect.arrayContaining([
        ['session_ended', 'admin', 'user_disabled'],
        ['authz_admin', 'admin', 'disabled'],
      ]),
    );
  });

  it('pauses the schedules of the user', async () => {
    const owner = await factory.admin();
    const schedule = { type: 'test.steps', payload: { steps: 0 }, cron: '30 2 * * *', timezone: 'UTC' };
    const { body } = await api.as(owner).post('/v1/job-schedules', schedule);

    await asAdmin.post(path(owner, 'disable'));

    const { id } = body as { id: string };
    expect((await asAdmin.get(`/v1/job-schedules/${id}`)).body).toMatchObject({ paused: true });
  });

  it('changes nothing when repeated', async () => {
    const user = await factory.user();

    const both = await Promise.all([1, 2].map(async () => await asAdmin.post(path(user, 'disable'))));
    const third = await asAdmin.post(path(user, 'disable'));

    expect([...both, third].map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(third.headers['etag']).toBe('"2"');
    expect(await eventsAbout(user)).toEqual([['authz_admin', 'admin', 'disabled']]);
  });

  it('returns 409 for the own account', async () => {
    expect(await asAdmin.post(path(admin, 'disable'))).toBeProblem('cannot-disable-own-account', 409);
    expect(await hasAccess(admin)).toBe(true);
  });

  it('returns 403 to other users', async () => {
    await expectForbiddenToOthers(async (as, user) => await as.post(path(user, 'disable')));
  });

  it('returns 404 for an unknown and for a deleted user', async () => {
    await expectNotFoundForUnknown(async (user) => await asAdmin.post(path(user, 'disable')));
  });
});

describe('POST /v1/users/{id}/enable', () => {
  it('allows logins with the previous password, and restores no session', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    await asAdmin.post(path(user, 'disable'));

    const response = await asAdmin.post(path(user, 'enable'));

    expect(response).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(response.headers['etag']).toBe('"3"');
    expect(await hasAccess(user)).toBe(false);
    await expect(api.logIn(user)).resolves.toHaveProperty('accessToken');
    expect((await eventsAbout(user)).at(-1)).toEqual(['authz_admin', 'admin', 'enabled']);
  });

  it('revokes sessions that were created while the user was being disabled', async () => {
    const user = await factory.user();
    await asAdmin.post(path(user, 'disable'));
    await database.pool.query(
      `INSERT INTO sessions (id, user_id, amr, expires_at)
       VALUES (gen_random_uuid(), $1, '{pwd}', now() + interval '1 day')`,
      [user.id],
    );

    await asAdmin.post(path(user, 'enable'));

    expect((await asAdmin.get(path(user, 'sessions'))).body).toMatchObject({ page: { total: 0 } });
  });

  it('changes nothing for an enabled user', async () => {
    const user = await factory.user();

    expect((await asAdmin.post(path(user, 'enable'))).headers['etag']).toBe('"1"');

    expect(await eventsAbout(user)).toEqual([]);
  });

  it('returns 403 to other users', async () => {
    await expectForbiddenToOthers(async (as, user) => await as.post(path(user, 'enable')));
  });

  it('returns 404 for an unknown and for a deleted user', async () => {
    await expectNotFoundForUnknown(async (user) => await asAdmin.post(path(user, 'enable')));
  });
});

describe('POST /v1/users/{id}/password-reset', () => {
  it('revokes all sessions and sends an email with a single-use reset link', async () => {
    const user = await factory.user();
    await api.tokensOf(user);

    const response = await asAdmin.post(path(user, 'password-reset'));

    expect(response).toMatchObject({ status: 202, text: '' });
    expect(await hasAccess(user)).toBe(false);
    expect(await eventsAbout(user)).toEqual([
      ['session_ended', 'admin', 'password_reset'],
      ['authz_admin', 'admin', 'password reset started'],
    ]);
    const body = { token: await mailbox.tokenFor(user.email), newPassword: 'another password of the tests' };
    expect((await api.post('/v1/auth/password/reset', body)).status).toBe(204);
    expect(await api.post('/v1/auth/password/reset', body)).toBeProblem('invalid-token', 400);
    await expect(api.logIn({ email: user.email, password: body.newPassword })).resolves.toBeDefined();
  });

  it('keeps the current password valid until it is replaced', async () => {
    const user = await factory.user();

    await asAdmin.post(path(user, 'password-reset'));

    await expect(api.logIn(user)).resolves.toHaveProperty('accessToken');
  });

  it('keeps every link valid when repeated, until one is used', async () => {
    const user = await factory.user();
    await asAdmin.post(path(user, 'password-reset'));
    const first = await mailbox.tokenFor(user.email);
    await asAdmin.post(path(user, 'password-reset'));
    const token = await mailbox.tokenFor(user.email);
    const newPassword = 'another password of the tests';

    expect((await api.post('/v1/auth/password/reset', { token: first, newPassword })).status).toBe(204);
    expect(await api.post('/v1/auth/password/reset', { token, newPassword })).toBeProblem('invalid-token', 400);
  });

  it('returns 409 and sends no email for a disabled user', async () => {
    const user = await factory.user({ disabled: true });

    expect(await asAdmin.post(path(user, 'password-reset'))).toBeProblem('user-disabled', 409);

    expect((await api.get(`/dev/mailbox?to=${user.email}`)).body).toEqual({ data: [] });
    expect(await eventsAbout(user)).toEqual([]);
  });

  it('returns 403 to other users', async () => {
    await expectForbiddenToOthers(async (as, user) => await as.post(path(user, 'password-reset')));
  });

  it('returns 404 for an unknown and for a deleted user', async () => {
    await expectNotFoundForUnknown(async (user) => await asAdmin.post(path(user, 'password-reset')));
  });
});
