import { describe, expect, it } from '@jest/globals';
import { AdministratorsService } from '../../src/features/auth/login/administrators.service.ts';
import { startApp } from '../harness/app/app.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const { app, api, factory, database } = await startApp({ AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT: '1/60' });
const mailbox = new Mailbox(api);
const password = 'what only the owner knows';

async function reset(token: string, newPassword = password): Promise<number> {
  return (await api.post('/v1/auth/password/reset', { token, newPassword })).status;
}

describe('An email address that was registered in another spelling', () => {
  it('takes the spelling of the verified email, and emails are sent to it', async () => {
    await api.post('/v1/auth/register', { email: 'Kate@Example.com', password: 'the password of a squatter' });
    await api.post('/v1/auth/register', { email: 'kate@example.com', password });

    expect(await reset(await mailbox.tokenFor('kate@example.com'))).toBe(204);

    const { body } = await api.as({ email: 'kate@example.com', password }).get('/v1/users/me');
    expect(body).toMatchObject({ email: 'kate@example.com', emailVerified: true });
    await api.post('/v1/auth/password/forgot', { email: 'Kate@Example.com' });
    expect((await mailbox.subjectsTo('kate@example.com'))[0]).toBe('Choose a new password');
  });
});

describe('The display name of an unverified registration', () => {
  const displayName = 'A name that a squatter has chosen';
  const squat = async (email: string): Promise<void> => {
    await api.post('/v1/auth/register', { email, password: 'the password of a squatter', displayName });
  };
  const nameOf = async (email: string): Promise<unknown> =>
    ((await api.as({ email, password }).get('/v1/users/me')).body as { displayName: unknown }).displayName;

  it('is removed when the email address is registered again', async () => {
    const email = 'renamed.by.registration@example.com';
    await squat(email);
    await api.post('/v1/auth/register', { email, password });

    expect(await reset(await mailbox.tokenFor(email))).toBe(204);
    expect(await nameOf(email)).toBeNull();
  });

  it('is removed when the owner of the email address sets a password by email', async () => {
    const email = 'renamed.by.reset@example.com';
    await squat(email);
    await api.post('/v1/auth/password/forgot', { email });

    expect(await reset(await mailbox.tokenFor(email, 'Choose a new password'))).toBe(204);
    expect(await nameOf(email)).toBeNull();
  });

  it('is kept when an administrator has chosen it', async () => {
    const email = 'named.by.an.administrator@example.com';
    await api.as(await factory.admin()).post('/v1/users', { email, displayName: 'Invited' });

    expect(await reset(await mailbox.tokenFor(email))).toBe(204);
    expect(await nameOf(email)).toBe('Invited');
  });
});

describe('An email address that an administrator has invited', () => {
  it('keeps the spelling of the administrator when another client registers it', async () => {
    const admin = api.as(await factory.admin());
    const invited = await admin.post('/v1/users', { email: 'grace@example.com', roles: ['user', 'admin'] });
    const { id } = invited.body as { id: string };

    await api.post('/v1/auth/register', { email: 'Grace@EXAMPLE.com', password: 'the password of another client' });

    const { rows } = await database.pool.query<{ recipient: string }>(
      `SELECT DISTINCT recipient FROM mails WHERE lower(recipient) = 'grace@example.com'`,
    );
    expect(rows).toEqual([{ recipient: 'grace@example.com' }]);
    expect((await mailbox.subjectsTo('grace@example.com'))[0]).toBe('Choose a password for your account');
    expect((await admin.get(`/v1/users/${id}`)).body).toMatchObject({ email: 'grace@example.com' });
    expect(await reset(await mailbox.tokenFor('grace@example.com'))).toBe(204);
    const { body } = await api.as({ email: 'grace@example.com', password }).get('/v1/users/me');
    expect(body).toMatchObject({ id, email: 'grace@example.com', roles: ['user', 'admin'] });
  });
});

describe('A change of the email address', () => {
  it('is not started by a session that ends during the request', async () => {
    const user = await factory.user();
    const asAttacker = api.as(user);
    expect((await asAttacker.get('/v1/users/me')).status).toBe(200);
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [user.id]);

    const running = asAttacker.post('/v1/auth/email/change', { newEmail: 'attacker@example.net' });
    await waitUntil('the request waits for the user', async () => {
      const { rows } = await database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    await other.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [user.id]);
    await other.query('COMMIT');
    other.release();

    expect(await running).toBeProblem('unauthenticated', 401);
    expect(await mailbox.subjectsTo('attacker@example.net')).toEqual([]);
  });

  it('replaces an unverified registration of the same email address', async () => {
    const user = await factory.user();
    await api.post('/v1/auth/register', { email: 'mine@example.com', password: 'the password of a squatter' });

    await api.as(user).post('/v1/auth/email/change', { newEmail: 'mine@example.com' });
    const token = await mailbox.tokenFor('mine@example.com', 'Confirm your new email address');
    await api.post('/v1/auth/register', { email: 'mine@example.com', password: 'the password of a squatter' });

    expect((await api.post('/v1/auth/email/change/confirm', { token })).status).toBe(204);
    expect((await api.as(user).get('/v1/users/me')).body).toMatchObject({ email: 'mine@example.com' });
  });

  it('can be reverted only while the account is enabled; both email addresses are notified', async () => {
    const user = await factory.user();
    await api.as(user).post('/v1/auth/email/change', { newEmail: 'moved.away@example.com' });
    const change = { token: await mailbox.tokenFor('moved.away@example.com') };
    expect((await api.post('/v1/auth/email/change/confirm', change)).status).toBe(204);
    const revert = { token: await mailbox.tokenFor(user.email) };

    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [user.id]);
    expect(await api.post('/v1/auth/email/change/revert', revert)).toBeProblem('invalid-token', 400);
    await database.pool.query('UPDATE users SET disabled_at = NULL WHERE id = $1', [user.id]);
    expect((await api.post('/v1/auth/email/change/revert', revert)).status).toBe(204);

    expect((await mailbox.subjectsTo(user.email))[0]).toBe('Choose a new password');
    expect((await mailbox.subjectsTo('moved.away@example.com'))[0]).toBe('The change of your email address was undone');
  });
});

describe('A password reset', () => {
  it('is sent although emails of other kinds were requested, and the account owner is notified', async () => {
    const user = await factory.user();
    await api.post('/v1/auth/email/verify/resend', { email: user.email });
    await api.post('/v1/auth/email/verify/resend', { email: user.email });

    await api.post('/v1/auth/password/forgot', { email: user.email });

    expect(await mailbox.subjectsTo(user.email)).toEqual(['Choose a new password']);
    expect(await reset(await mailbox.tokenFor(user.email))).toBe(204);
    expect((await mailbox.subjectsTo(user.email))[0]).toBe('Your password was set');
  });
});

describe('The link for an administrator whom the operator creates', () => {
  const createAdministrator = async (email: string): Promise<string> =>
    /token=([\w-]+)/.exec((await app.get(AdministratorsService).create(email)) ?? '')?.[1] ?? '';

  it('cannot be revoked by other clients, and is revoked by setting a password', async () => {
    const email = 'operator@example.com';
    const first = await createAdministrator(email);
    await api.post('/v1/auth/register', { email, password: 'the password of another client' });
    await api.post('/v1/auth/email/verify/resend', { email });
    expect(await reset(first)).toBe(204);

    const other = 'other.operator@example.com';
    const printed = await createAdministrator(other);
    await api.post('/v1/auth/password/forgot', { email: other });
    expect(await reset(await mailbox.tokenFor(other))).toBe(204);
    expect(await reset(printed, 'another one of an operator')).toBe(400);
  });
});
