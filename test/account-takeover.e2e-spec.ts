import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import { command } from './support/command.ts';
import { mailsTo } from './support/mails.ts';
import { until } from './support/running.ts';

const { api, given, database } = await start({ AUTH_LIMIT_MAIL_ACCOUNT: '1/60' });
const password = 'what only the owner knows';

async function tokenFor(email: string, subject?: string): Promise<string> {
  const mails = await mailsTo(api, email);
  const mail = subject === undefined ? mails[0] : mails.find((one) => one.subject === subject);
  return new URL(mail?.links[0] ?? 'http://none').searchParams.get('token') ?? '';
}

async function subjectsTo(email: string): Promise<string[]> {
  return (await mailsTo(api, email)).map(({ subject }) => subject);
}

async function reset(token: string, newPassword = password): Promise<number> {
  return (await api.post('/v1/auth/password/reset', { token, newPassword })).status;
}

describe('An address that somebody has registered in another spelling', () => {
  it('is written as the one who receives its mail was written to, and mails go there', async () => {
    await api.post('/v1/auth/register', { email: 'Kate@Example.com', password: 'the password of a squatter' });
    await api.post('/v1/auth/register', { email: 'kate@example.com', password });

    expect(await reset(await tokenFor('kate@example.com'))).toBe(204);

    const { body } = await api.as({ email: 'kate@example.com', password }).get('/v1/users/me');
    expect(body).toMatchObject({ email: 'kate@example.com', emailVerified: true });
    await api.post('/v1/auth/password/forgot', { email: 'Kate@Example.com' });
    expect((await subjectsTo('kate@example.com'))[0]).toBe('Choose a new password');
  });
});

describe('An address that an administrator has invited', () => {
  it('is written and mailed to as the administrator wrote it, whatever a stranger registers', async () => {
    const admin = api.as(await given.admin());
    const invited = await admin.post('/v1/users', { email: 'grace@example.com', roles: ['user', 'admin'] });
    const { id } = invited.body as { id: string };

    await api.post('/v1/auth/register', { email: 'Grace@EXAMPLE.com', password: 'the password of a stranger' });

    const { rows } = await database.pool.query<{ recipient: string }>(
      `SELECT DISTINCT recipient FROM mails WHERE lower(recipient) = 'grace@example.com'`,
    );
    expect(rows).toEqual([{ recipient: 'grace@example.com' }]);
    expect((await subjectsTo('grace@example.com'))[0]).toBe('Choose a password for your account');
    expect((await admin.get(`/v1/users/${id}`)).body).toMatchObject({ email: 'grace@example.com' });
    expect(await reset(await tokenFor('grace@example.com'))).toBe(204);
    const { body } = await api.as({ email: 'grace@example.com', password }).get('/v1/users/me');
    expect(body).toMatchObject({ id, email: 'grace@example.com', roles: ['user', 'admin'] });
  });
});

describe('A change of address', () => {
  it('is not begun by a session that is ended meanwhile', async () => {
    const user = await given.user();
    const asThief = api.as(user);
    expect((await asThief.get('/v1/users/me')).status).toBe(200);
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [user.id]);

    const running = asThief.post('/v1/auth/email/change', { newEmail: 'thief@example.net' });
    await until('the request waits for the user', async () => {
      const { rows } = await database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    await other.query('UPDATE sessions SET killed_at = now() WHERE user_id = $1', [user.id]);
    await other.query('COMMIT');
    other.release();

    expect(await running).toBeProblem('unauthenticated', 401);
    expect(await subjectsTo('thief@example.net')).toEqual([]);
  });

  it('is not in the way of somebody who has registered the address and never verified it', async () => {
    const user = await given.user();
    await api.post('/v1/auth/register', { email: 'mine@example.com', password: 'the password of a squatter' });

    await api.as(user).post('/v1/auth/email/change', { newEmail: 'mine@example.com' });
    const token = await tokenFor('mine@example.com', 'Confirm your new e-mail address');
    await api.post('/v1/auth/register', { email: 'mine@example.com', password: 'the password of a squatter' });

    expect((await api.post('/v1/auth/email/change/confirm', { token })).status).toBe(204);
    expect((await api.as(user).get('/v1/users/me')).body).toMatchObject({ email: 'mine@example.com' });
  });

  it('is not undone while the account is disabled, and can be afterwards; both addresses are told', async () => {
    const user = await given.user();
    await api.as(user).post('/v1/auth/email/change', { newEmail: 'moved.away@example.com' });
    const change = { token: await tokenFor('moved.away@example.com') };
    expect((await api.post('/v1/auth/email/change/confirm', change)).status).toBe(204);
    const revert = { token: await tokenFor(user.email) };

    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [user.id]);
    expect(await api.post('/v1/auth/email/change/revert', revert)).toBeProblem('invalid-token', 400);
    await database.pool.query('UPDATE users SET disabled_at = NULL WHERE id = $1', [user.id]);
    expect((await api.post('/v1/auth/email/change/revert', revert)).status).toBe(204);

    expect((await subjectsTo(user.email))[0]).toBe('Choose a new password');
    expect((await subjectsTo('moved.away@example.com'))[0]).toBe('Your account has another address again');
  });
});

describe('A forgotten password', () => {
  it('is mailed although somebody has asked for mails of other kinds, and its reset is told', async () => {
    const user = await given.user();
    await api.post('/v1/auth/email/verify/resend', { email: user.email });
    await api.post('/v1/auth/email/verify/resend', { email: user.email });

    await api.post('/v1/auth/password/forgot', { email: user.email });

    expect(await subjectsTo(user.email)).toEqual(['Choose a new password']);
    expect(await reset(await tokenFor(user.email))).toBe(204);
    expect((await subjectsTo(user.email))[0]).toBe('Your password was set');
  });
});

describe('npm run admin -- create', () => {
  it('prints a link that no stranger can void, and that is void once there is a password', async () => {
    const email = 'operator@example.com';
    const first = /token=([\w-]+)/.exec((await command(database.url, 'admin', 'create', email)).stdout)?.[1] ?? '';
    await api.post('/v1/auth/register', { email, password: 'the password of a stranger' });
    await api.post('/v1/auth/email/verify/resend', { email });
    expect(await reset(first)).toBe(204);

    const other = 'other.operator@example.com';
    const printed = /token=([\w-]+)/.exec((await command(database.url, 'admin', 'create', other)).stdout)?.[1] ?? '';
    await api.post('/v1/auth/password/forgot', { email: other });
    expect(await reset(await tokenFor(other))).toBe(204);
    expect(await reset(printed, 'another one of an operator')).toBe(400);
  }, 90_000);

  it('gives no role to an account whose owner nobody knows', async () => {
    const stranger = await given.user({ verified: false, disabled: true });

    const { code, stderr } = await command(database.url, 'admin', 'create', stranger.email);

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `plinth: ${stranger.email} has a disabled account: enable it or delete it first\n`,
    });
    const { rows } = await database.pool.query('SELECT roles FROM users WHERE id = $1', [stranger.id]);
    expect(rows).toEqual([{ roles: ['user'] }]);
  }, 90_000);

  it('is refused with another APP_SECRET than that of the database', async () => {
    await api.logIn(await given.user());

    const wrong = { APP_SECRET: 'another secret, which is as long as it must be' };
    const { code, stderr } = await command({ url: database.url, ...wrong }, 'keys', 'rotate');

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^plinth: APP_SECRET is not the one/) });
  });
});
