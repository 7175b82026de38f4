import { describe, expect, it } from '@jest/globals';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { ThrottleBucketsFixture } from '../../harness/database/throttle-buckets.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';
import { oneTimeTokenFor } from '../../harness/mail/one-time-tokens.ts';

const running = await startApp({ AUTH_RATE_LIMIT_ACCOUNT_IP: '5/60/900' });
const { api, factory, database } = running;
const mailbox = new Mailbox(api);
const buckets = new ThrottleBucketsFixture(database);
const newPassword = 'another password of the tests';

interface Change {
  readonly currentPassword: string;
  readonly newPassword: string;
}

async function change({ accessToken }: Tokens, body: Change): Promise<ApiResponse> {
  return await api.post('/v1/auth/password/change', body, { Authorization: `Bearer ${accessToken}` });
}

async function logIn(user: FactoryUser, password: string): Promise<number> {
  return (await api.post('/v1/auth/login', { email: user.email, password })).status;
}

async function profile({ accessToken }: Tokens): Promise<number> {
  return (await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).status;
}

async function refresh({ refreshToken }: Tokens): Promise<number> {
  return (await api.post('/v1/auth/refresh', { refreshToken })).status;
}

describe('POST /v1/auth/password/change', () => {
  it('sets the password, returns new tokens and revokes all others', async () => {
    const user = await factory.user();
    const [mine, other] = [await api.logIn(user), await api.logIn(user)];
    const invitationToken = await oneTimeTokenFor(running, 'invitation', user);

    const response = await change(mine, { currentPassword: user.password, newPassword });

    expect(response).toMatchObject({ status: 200, body: { tokenType: 'Bearer', expiresIn: 600 } });
    const renewed = response.body as Tokens;
    expect([await profile(mine), await profile(other), await profile(renewed)]).toEqual([401, 401, 200]);
    expect([await refresh(mine), await refresh(other), await refresh(renewed)]).toEqual([401, 401, 200]);
    expect([await logIn(user, user.password), await logIn(user, newPassword)]).toEqual([401, 200]);
    expect(await api.post('/v1/auth/password/reset', { token: invitationToken, newPassword })).toBeProblem(
      'invalid-token',
      400,
    );
    expect(await mailbox.subjectsTo(user.email)).toEqual(['Your password was changed']);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_password_change' })).toHaveLength(1);
    expect(await buckets.count('login-account-ip')).toEqual({ failures: 0, open: 0 });
  });

  it('keeps the authentication time and expiry of the session', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    await database.pool.query(
      `UPDATE sessions SET auth_time = auth_time - interval '1 hour', expires_at = expires_at - interval '1 hour'
       WHERE user_id = $1`,
      [user.id],
    );

    await change(tokens, { currentPassword: user.password, newPassword });

    const { rows } = await database.pool.query(
      `SELECT count(DISTINCT (auth_time, expires_at, amr))::int AS kinds, count(*)::int AS sessions,
         count(revoked_at)::int AS killed FROM sessions WHERE user_id = $1`,
      [user.id],
    );
    expect(rows).toEqual([{ kinds: 1, sessions: 2, killed: 1 }]);
  });

  it('rejects a wrong current password and counts it as a failed login', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const wrong = { currentPassword: 'not the password at all', newPassword };
    for (let time = 0; time < 5; time += 1)
      expect(await change(tokens, wrong)).toBeProblem('invalid-current-password', 403);

    const refused = await change(tokens, { currentPassword: user.password, newPassword });

    expect(refused).toBeProblem('too-many-attempts', 429);
    expect(refused.headers).not.toHaveProperty('ratelimit');
    expect(await logIn(user, user.password)).toBe(429);
    expect(await profile(tokens)).toBe(200);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_password_change' })).toEqual([]);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_login_fail' })).toHaveLength(6);
  });

  it('rejects a weak password and changes nothing', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);

    const response = await change(tokens, { currentPassword: user.password, newPassword: 'short' });

    expect(response).toBeProblem('weak-password', 422);
    expect(response.body).toMatchObject({
      errors: [
        { pointer: '#/newPassword', code: 'too_short' },
        { pointer: '#/newPassword', code: 'too_common' },
      ],
    });
    expect([await profile(tokens), await logIn(user, user.password)]).toEqual([200, 200]);
  });

  it('is applied once for two concurrent requests', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const body = { currentPassword: user.password, newPassword };

    const responses = await Promise.all([change(tokens, body), change(tokens, body)]);

    const [done, refused] = responses.map(({ status }) => status).sort();
    expect(done).toBe(200);
    expect([401, 403]).toContain(refused);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_password_change' })).toHaveLength(1);
    const { rows } = await database.pool.query('SELECT FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [
      user.id,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('rejects a locked password', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    await database.pool.query('UPDATE users SET password_locked_at = now() WHERE id = $1', [user.id]);

    const response = await change(tokens, { currentPassword: user.password, newPassword });

    expect(response).toBeProblem('invalid-current-password', 403);
  });

  it('requires authentication', async () => {
    const response = await api.post('/v1/auth/password/change', { currentPassword: 'a', newPassword });

    expect(response).toBeProblem('unauthenticated', 401);
  });
});
