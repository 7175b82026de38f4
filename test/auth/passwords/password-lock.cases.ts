import { describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { limitsApp } from '../../harness/app/limits-app.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const running = await limitsApp();
const { api, factory, database } = running;
const mailbox = new Mailbox(api);

async function logIn(email: string, password: string): Promise<ApiResponse> {
  return await api.post('/v1/auth/login', { email, password });
}

async function fail(times: number, email: string): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    expect((await logIn(email, 'not the password at all')).status).toBe(401);
  }
}

const withoutTimes = ({ status, text, headers }: ApiResponse): object => {
  const { date: _date, ratelimit: _left, 'x-request-id': _id, ...rest } = headers;
  return { status, text: text.replace(/urn:request:[^"]+/, ''), headers: rest };
};

const newPassword = 'another password of the tests';

describe('As many consecutive wrong passwords as AUTH_LOCKOUT_THRESHOLD', () => {
  it('lock the password, and nothing else, until it is reset by email', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.logIn(user);
    await fail(2, user.email);
    const wrong = await logIn(user.email, 'not the password at all');

    const right = await logIn(user.email, user.password);

    expect(withoutTimes(right)).toEqual(withoutTimes(wrong));
    expect(withoutTimes(right)).toEqual(withoutTimes(await logIn('unknown@example.com', user.password)));
    expect(await mailbox.subjectsTo(user.email)).toEqual(['Your password was locked']);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_login_lock' })).toHaveLength(1);
    expect((await api.post('/v1/auth/refresh', { refreshToken })).status).toBe(200);

    const token = await mailbox.tokenFor(user.email, 'Your password was locked');
    expect((await api.post('/v1/auth/password/reset', { token, newPassword })).status).toBe(204);
    await fail(1, user.email);
    expect((await logIn(user.email, newPassword)).status).toBe(200);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_login_lock' })).toHaveLength(1);
  });

  it('leave the magic link working, which sets the count back', async () => {
    await database.pool.query('DELETE FROM rate_limit_buckets');
    const user = await factory.user();
    await fail(3, user.email);
    const cookie = (await api.post('/v1/auth/magic-link', { email: user.email })).headers['set-cookie'] ?? '';
    const token = await mailbox.tokenFor(user.email, 'Log in');

    const response = await api.post('/v1/auth/magic-link/verify', { token }, { Cookie: cookie.split(';')[0] ?? '' });

    expect(response.status).toBe(200);
    const { rows } = await database.pool.query(
      `SELECT 1 FROM rate_limit_buckets WHERE key LIKE 'login-consecutive:%' AND failures > 0`,
    );
    expect(rows).toEqual([]);
    expect((await logIn(user.email, user.password)).status).toBe(401);
  });

  it('leave passkeys working, which set the count back', async () => {
    await database.pool.query('DELETE FROM rate_limit_buckets');
    const passkeys = new PasskeyFlows(running);
    const user = await passkeys.user();
    await fail(3, user.email);

    expect((await passkeys.logIn(user)).status).toBe(200);

    const { rows } = await database.pool.query(
      `SELECT 1 FROM rate_limit_buckets WHERE key LIKE 'login-consecutive:%' AND failures > 0`,
    );
    expect(rows).toEqual([]);
    expect((await logIn(user.email, user.password)).status).toBe(401);
  });

  it('do not lock the password when a right one was among them', async () => {
    const user = await factory.user();
    await fail(2, user.email);

    expect((await logIn(user.email, user.password)).status).toBe(200);
    await fail(1, user.email);
    expect((await logIn(user.email, user.password)).status).toBe(200);
    expect(await mailbox.mailsTo(user.email)).toEqual([]);
  });

  it('are reported once, also when ten are concurrent', async () => {
    const user = await factory.user();
    await fail(1, user.email);

    await Promise.all(Array.from({ length: 10 }, async () => await logIn(user.email, 'not the password at all')));

    expect(await mailbox.mailsTo(user.email)).toHaveLength(1);
    expect((await logIn(user.email, user.password)).status).toBe(401);
  });
});
