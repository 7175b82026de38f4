import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { bearerOf, mfaEnvironment } from '../../harness/http/mfa-flows.ts';
import { LoginFlows } from '../../harness/http/login-flows.ts';

const running = await sharedApp(mfaEnvironment);
const { api, factory } = running;
const flows = new LoginFlows(running);

type Send = (headers: Record<string, string>, user: FactoryUser) => Promise<ApiResponse>;

const challenge = 'Bearer error="insufficient_user_authentication", acr_values="aal2 aal1", max_age="600"';
const exportOfUsers = { type: 'users.export', payload: { format: 'csv' } };
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const nightly = { ...exportOfUsers, cron: '30 2 * * *', timezone: 'UTC' };

const reauthenticate = async (tokens: Tokens, password: string): Promise<ApiResponse> =>
  await api.post('/v1/auth/reauthenticate', { password }, bearerOf(tokens));

async function otherSessionOf(user: FactoryUser): Promise<string> {
  const { accessToken } = await api.logIn(user);
  return String(decodeJwt(accessToken)['sid']);
}

/** The operations that change who can use an account, or that disclose the data of users. */
const sensitive: Readonly<Record<string, Send>> = {
  'POST /v1/auth/email/change': async (headers) =>
    await api.post('/v1/auth/email/change', { newEmail: 'another@example.com' }, headers),
  'DELETE /v1/users/me': async (headers) => await api.delete('/v1/users/me', { ...headers, 'If-Match': '*' }),
  'DELETE /v1/auth/sessions/{id} of another session': async (headers, user) =>
    await api.delete(`/v1/auth/sessions/${await otherSessionOf(user)}`, headers),
  'POST /v1/auth/logout-all with scope others': async (headers) =>
    await api.post('/v1/auth/logout-all', { scope: 'others' }, headers),
  'PATCH /v1/users/{id} with roles': async (headers) =>
    await api.patch(`/v1/users/${(await factory.user()).id}`, { roles: ['user'] }, { ...headers, 'If-Match': '*' }),
  'POST /v1/users/{id}/mfa-reset': async (headers) =>
    await api.post(`/v1/users/${(await factory.user()).id}/mfa-reset`, undefined, headers),
  'POST /v1/users with roles': async (headers, { id }) =>
    await api.post('/v1/users', { email: `invited.${id}@example.com`, roles: ['admin'] }, headers),
  'POST /v1/jobs of an export': async (headers) => await api.post('/v1/jobs', exportOfUsers, headers),
  'POST /v1/jobs of an export of the audit log': async (headers) =>
    await api.post('/v1/jobs', { type: 'audit.export', payload: { format: 'csv' } }, headers),
  'POST /v1/job-schedules of an export': async (headers) => await api.post('/v1/job-schedules', nightly, headers),
};

describe('An operation that requires a recent authentication', () => {
  it.each(Object.entries(sensitive))('is refused in an old session and changes nothing: %s', async (_name, send) => {
    const admin = await factory.admin();
    const tokens = await flows.oldSession(admin);
    await api.logIn(admin);

    const response = await send(bearerOf(tokens), admin);

    expect(response).toBeProblem('reauthentication-required', 401);
    expect(response.headers['www-authenticate']).toBe(challenge);
    expect((await api.get('/v1/users/me', bearerOf(tokens))).status).toBe(200);
    expect(await flows.open(admin)).toBeGreaterThan(1);
  });

  it.each(Object.entries(sensitive))('succeeds after POST /v1/auth/reauthenticate: %s', async (_name, send) => {
    const admin = await factory.admin();
    const tokens = await flows.oldSession(admin);
    const renewed = (await reauthenticate(tokens, admin.password)).body as Tokens;

    const { status } = await send(bearerOf(renewed), admin);

    expect([200, 201, 202, 204]).toContain(status);
  });

  it('checks permissions first', async () => {
    const tokens = await flows.oldSession(await factory.user());

    const response = await api.patch(`/v1/users/${unknownId}`, { roles: [] }, { ...bearerOf(tokens), 'If-Match': '*' });

    expect(response).toBeProblem('forbidden', 403);
  });

  it('is refused in a session that began with a magic link, however recent', async () => {
    const user = await factory.user();
    const open = await flows.link(user);
    const tokens = (await open()).body as Tokens;
    const change = async (headers: Record<string, string>): Promise<ApiResponse> =>
      await api.post('/v1/auth/email/change', { newEmail: 'another@example.com' }, headers);

    expect(await change(bearerOf(tokens))).toBeProblem('reauthentication-required', 401);

    const renewed = (await reauthenticate(tokens, user.password)).body as Tokens;
    expect(decodeJwt(renewed.accessToken)).toMatchObject({ amr: ['email', 'pwd'], acr: 'aal1' });
    expect((await change(bearerOf(renewed))).status).toBe(202);
  });
});

describe('An old session', () => {
  const allowed: Readonly<Record<string, Send>> = {
    'GET /v1/users/me': async (headers) => await api.get('/v1/users/me', headers),
    'PATCH /v1/users/{id} without roles': async (headers) =>
      await api.patch(
        `/v1/users/${(await factory.user()).id}`,
        { displayName: 'Ada' },
        { ...headers, 'If-Match': '*' },
      ),
    'DELETE /v1/auth/sessions/{id} of the session itself': async (headers) =>
      await api.delete(
        `/v1/auth/sessions/${String(decodeJwt(headers['Authorization']?.slice(7) ?? '')['sid']).toUpperCase()}`,
        headers,
      ),
    'POST /v1/auth/logout-all': async (headers) => await api.post('/v1/auth/logout-all', undefined, headers),
  };

  it.each(Object.entries(allowed))('suffices for %s', async (_name, send) => {
    const admin = await factory.admin();

    const { status } = await send(bearerOf(await flows.oldSession(admin)), admin);

    expect([200, 204]).toContain(status);
  });
});

describe('POST /v1/auth/reauthenticate', () => {
  it('returns an access token of the same session with a new authentication time', async () => {
    const user = await factory.user();
    const tokens = await flows.oldSession(user);
    const before = decodeJwt(tokens.accessToken);

    const response = await reauthenticate(tokens, user.password);

    expect(response).toMatchObject({ status: 200, body: { tokenType: 'Bearer', expiresIn: 600 } });
    expect(response.body).not.toHaveProperty('refreshToken');
    const after = decodeJwt((response.body as Tokens).accessToken);
    expect(after).toMatchObject({ sid: before['sid'], sub: user.id, amr: ['pwd'], acr: 'aal1' });
    expect(Number(after['auth_time']) - Number(before['auth_time'])).toBeGreaterThanOrEqual(660);
    const events = await factory.auditEvents({ subjectId: user.id, event: 'authn_reauthenticated' });
    expect(events).toEqual([expect.objectContaining({ outcome: 'success', session_id: before['sid'], reason: 'pwd' })]);
  });

  it('leaves tokens from before insufficient, and a refresh keeps the time without renewing it', async () => {
    const user = await factory.user();
    const tokens = await flows.oldSession(user);
    const renewed = (await reauthenticate(tokens, user.password)).body as Tokens;

    const { body } = await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken });

    const time = decodeJwt(renewed.accessToken)['auth_time'];
    expect(decodeJwt((body as Tokens).accessToken)['auth_time']).toBe(time);
    const others = await api.post('/v1/auth/logout-all', { scope: 'others' }, bearerOf(tokens));
    expect(others).toBeProblem('reauthentication-required', 401);
  });

  it('refuses a wrong password, records it and leaves the session unchanged', async () => {
    const user = await factory.user();
    const tokens = await flows.oldSession(user);

    const response = await reauthenticate(tokens, 'not the password, I think');

    expect(response).toBeProblem('invalid-credentials', 401);
    expect(await flows.refusals(user)).toEqual(['wrong password']);
    const refreshed = await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken });
    const { auth_time: time } = decodeJwt((refreshed.body as Tokens).accessToken);
    expect(time).toBe(decodeJwt(tokens.accessToken)['auth_time']);
  });

  it('is unauthenticated without a session', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    await api.post('/v1/auth/logout', undefined, bearerOf(tokens));

    expect(await reauthenticate(tokens, user.password)).toBeProblem('unauthenticated', 401);
  });

  it('leaves one session of a concurrent password change with its old time', async () => {
    const user = await factory.user();
    const tokens = await flows.oldSession(user);
    const newPassword = 'another password of the tests';

    const [renewal, change] = await Promise.all([
      reauthenticate(tokens, user.password),
      api.post('/v1/auth/password/change', { currentPassword: user.password, newPassword }, bearerOf(tokens)),
    ]);

    expect(change.status).toBe(200);
    expect([200, 401]).toContain(renewal.status);
    expect(await flows.open(user)).toBe(1);
  });
});
