import { describe, expect, it } from '@jest/globals';
import { ThrottleBuckets } from '../../../src/features/auth/login-throttling/throttle-buckets.ts';
import { LoginFlows } from '../../harness/http/login-flows.ts';
import { bearerOf } from '../../harness/http/mfa-flows.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';
import { oauthApp } from '../../harness/openid/oauth-app.ts';

const { api, database, factory, flows, running } = await oauthApp();
const mailbox = new Mailbox(api);
const logins = new LoginFlows(running);

async function stateOf(id: string): Promise<unknown> {
  const { rows } = await database.pool.query(
    `SELECT users.*, (SELECT count(*)::int FROM identities WHERE user_id = users.id) AS identities
     FROM users WHERE id = $1`,
    [id],
  );
  return rows[0];
}

describe('A verified account whose email address the provider has verified', () => {
  it('is linked, keeps its password and sessions, and its owner is notified', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);

    const response = await flows.logIn(user.email);

    expect(await flows.profileOf(response)).toMatchObject({ id: user.id, email: user.email });
    expect((await api.get('/v1/users/me', bearerOf(tokens))).status).toBe(200);
    expect((await logins.byPassword(user)).status).toBe(200);
    expect(await mailbox.subjectsTo(user.email)).toEqual(['A way to log in was added to your account']);
    const events = await factory.auditEvents({ subjectId: user.id, event: 'identity_linked' });
    expect(events).toMatchObject([{ outcome: 'success', reason: 'acme' }]);
  });

  it('is found by the subject from then on, not by the email address', async () => {
    const user = await factory.user();
    await flows.logIn(user.email);
    await database.pool.query(
      `UPDATE users SET email = 'moved@example.com', email_normalized = 'moved@example.com' WHERE id = $1`,
      [user.id],
    );

    expect(await flows.profileOf(await flows.logIn(user.email))).toMatchObject({
      id: user.id,
      email: 'moved@example.com',
    });
  });

  it('is logged in while its password is locked, and its failures are cleared', async () => {
    const user = await factory.user();
    await api.post('/v1/auth/login', { email: user.email, password: 'not the password, I think' });
    await database.pool.query('UPDATE users SET password_locked_at = now() WHERE id = $1', [user.id]);
    const failures = async (): Promise<number> => {
      const account = running.app.get(ThrottleBuckets).account(user.email);
      const { rows } = await database.pool.query('SELECT FROM rate_limit_buckets WHERE key LIKE $1', [`%${account}%`]);
      return rows.length;
    };
    const before = await failures();

    const { status } = await flows.logIn(user.email);

    expect(status).toBe(200);
    expect(before).toBeGreaterThan(0);
    expect(await failures()).toBe(0);
  });
});

describe('An unverified account whose email address the provider has verified', () => {
  it('loses its password, display name and links before it is given to the owner of the email address', async () => {
    const email = 'victim@example.com';
    const password = 'the password of an attacker';
    await api.post('/v1/auth/register', { email, password, displayName: 'An attacker' });
    const token = await mailbox.tokenFor(email);

    const response = await flows.logIn(email);

    expect(await flows.profileOf(response)).toMatchObject({ email, emailVerified: true, displayName: null });
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);
    expect(await api.post('/v1/auth/email/verify', { token })).toBeProblem('invalid-token', 400);
    const { id } = (await flows.profileOf(response)) as { id: string };
    expect(await stateOf(id)).toMatchObject({ password_hash: null, identities: 1 });
  });
});

describe('An account that an administrator has invited', () => {
  it('is given to the owner of the email address with the display name that the administrator has chosen', async () => {
    const email = 'invited.to.a.provider@example.com';
    await api.as(await factory.admin()).post('/v1/users', { email, displayName: 'Invited' });
    const token = await mailbox.tokenFor(email);

    const response = await flows.logIn(email);

    expect(await flows.profileOf(response)).toMatchObject({ email, emailVerified: true, displayName: 'Invited' });
    const newPassword = 'the password of an invitation';
    expect(await api.post('/v1/auth/password/reset', { token, newPassword })).toBeProblem('invalid-token', 400);
  });
});

describe('An email address that the provider has not verified', () => {
  it('is linked to no account, and none is created', async () => {
    const user = await factory.user();
    const before = await stateOf(user.id);

    const known = await flows.logIn(`unverified.${user.email}`);
    const unknown = await flows.logIn('unverified.no-account@example.com');

    expect(known).toBeProblem('identity-not-linked', 403);
    expect(unknown).toBeProblem('identity-not-linked', 403);
    // The response does not disclose whether there is an account.
    expect({ ...(known.body as object), instance: '' }).toEqual({ ...(unknown.body as object), instance: '' });
    expect(await stateOf(user.id)).toEqual(before);
    const { rows } = await database.pool.query(`SELECT FROM users WHERE email LIKE '%no-account%'`);
    expect(rows).toEqual([]);
  });
});

describe('An account that is disabled or deleted', () => {
  it.each(['disabled_at', 'deleted_at'])('cannot log in with a provider: %s', async (column) => {
    const user = await factory.user();
    await flows.logIn(user.email);
    await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [user.id]);
    const open = await logins.open(user);

    expect(await flows.logIn(user.email)).toBeProblem('oauth-login-refused', 403);
    expect(await logins.open(user)).toBe(open);
    expect(await logins.refusals(user)).toContain('disabled or deleted');
  });

  it('is not linked while it is disabled', async () => {
    const user = await factory.user({ disabled: true });

    expect(await flows.logIn(user.email)).toBeProblem('oauth-login-refused', 403);
    expect(await stateOf(user.id)).toMatchObject({ identities: 0 });
  });
});

describe('An account whose email change is reverted', () => {
  it('loses its identities, which an attacker may have linked', async () => {
    const user = await factory.user();
    await flows.logIn(user.email);
    const newEmail = 'attacker.of.links@example.com';
    await api.post('/v1/auth/email/change', { newEmail }, bearerOf(await api.logIn(user)));
    await api.post('/v1/auth/email/change/confirm', { token: await mailbox.tokenFor(newEmail) });

    const reverted = await api.post('/v1/auth/email/change/revert', { token: await mailbox.tokenFor(user.email) });

    expect(reverted.status).toBe(204);
    expect(await stateOf(user.id)).toMatchObject({ email: user.email, identities: 0 });
  });
});
