import { describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { createApiKey, withKey } from '../../harness/http/api-keys.ts';
import { bearerOf, codeOf, MfaFlows } from '../../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const running = await sharedApp();
const { api, factory, database } = running;
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);
const mailbox = new Mailbox(api);
const newPassword = 'a password of the account owner';
const confirmation = 'Confirm your new email address';
const notice = 'Your email address was changed';

let counter = 0;
const newAddress = (): string => `Moved${(counter += 1)}@example.com`;

const ask = async (user: FactoryUser, newEmail: string): Promise<ApiResponse> =>
  await api.as(user).post('/v1/auth/email/change', { newEmail });
const confirm = async (token: string): Promise<ApiResponse> =>
  await api.post('/v1/auth/email/change/confirm', { token });
const revert = async (token: string): Promise<ApiResponse> => await api.post('/v1/auth/email/change/revert', { token });
const logIn = async (email: string, password: string): Promise<ApiResponse> =>
  await api.post('/v1/auth/login', { email, password });

/** Changes the email address of a user by the emailed links; the user stays logged in. */
async function changeEmail(user: FactoryUser): Promise<string> {
  const address = newAddress();
  await ask(user, address);
  expect((await confirm(await mailbox.tokenFor(address, confirmation))).status).toBe(204);
  return address;
}

async function addressOf({ id }: FactoryUser): Promise<unknown> {
  const { rows } = await database.pool.query(
    'SELECT email, email_verified_at IS NOT NULL AS verified FROM users WHERE id = $1',
    [id],
  );
  return rows[0];
}

describe('POST /v1/auth/email/change', () => {
  it('sends a link to the new email address only, and changes nothing yet', async () => {
    const user = await factory.user();
    const address = newAddress();

    expect(await ask(user, address)).toMatchObject({ status: 202, body: { status: 'accepted' } });

    expect(await mailbox.subjectsTo(address)).toEqual([confirmation]);
    expect(await mailbox.mailsTo(user.email)).toEqual([]);
    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect((await factory.auditEvents({ subjectId: user.id })).at(-1)).toMatchObject({
      event: 'user_email_change_requested',
      actor_id: user.id,
    });
  });

  it('notifies the owner of the new email address only, if it has an account', async () => {
    const user = await factory.user();
    const owner = await factory.user();

    const taken = await ask(user, owner.email.toUpperCase());

    expect(taken).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(await mailbox.mailsTo(owner.email)).toMatchObject([{ subject: 'You already have an account', links: [] }]);
    expect(await mailbox.mailsTo(user.email)).toEqual([]);
  });

  it('does nothing for the current email address, and revokes no link', async () => {
    const user = await factory.user();
    const address = newAddress();
    await ask(user, address);
    const events = await factory.auditEvents({ subjectId: user.id });

    expect(await ask(user, user.email)).toMatchObject({ status: 202, body: { status: 'accepted' } });

    expect(await mailbox.mailsTo(user.email)).toEqual([]);
    expect(await factory.auditEvents({ subjectId: user.id })).toEqual(events);
    expect((await confirm(await mailbox.tokenFor(address))).status).toBe(204);
  });

  it('requires authentication and an email address', async () => {
    expect(await api.post('/v1/auth/email/change', { newEmail: newAddress() })).toBeProblem('unauthenticated', 401);
    expect(await ask(await factory.user(), 'no email address')).toBeProblem('validation-failed', 422);
  });

  it('sends another email whose link replaces the first when repeated with any key', async () => {
    const user = await factory.user();
    const newEmail = newAddress();
    const send = async (): Promise<ApiResponse> =>
      await api.as(user).post('/v1/auth/email/change', { newEmail }, { 'Idempotency-Key': 'move-once' });

    const first = await send();
    const older = await mailbox.tokenFor(newEmail);
    const second = await send();

    expect([first.status, second.status, second.text]).toEqual([202, 202, first.text]);
    expect(second.headers['idempotency-replayed']).toBeUndefined();
    expect(await mailbox.mailsTo(newEmail)).toHaveLength(2);
    expect(await confirm(older)).toBeProblem('invalid-token', 400);
  });

  it('revokes the link of an earlier request for any email address', async () => {
    const user = await factory.user();
    const [first, second] = [newAddress(), newAddress()];
    await ask(user, first);
    const older = await mailbox.tokenFor(first);

    await ask(user, second);

    expect(await confirm(older)).toBeProblem('invalid-token', 400);
    expect((await confirm(await mailbox.tokenFor(second))).status).toBe(204);
  });
});

describe('POST /v1/auth/email/change/confirm', () => {
  it('changes the email address and sends the former one a link to revert it', async () => {
    const user = await factory.user();

    const address = await changeEmail(user);

    expect(await addressOf(user)).toEqual({ email: address, verified: true });
    expect((await logIn(address, user.password)).status).toBe(200);
    expect(await logIn(user.email, user.password)).toBeProblem('invalid-credentials', 401);
    expect((await api.as(user).get('/v1/users/me')).body).toMatchObject({ email: address, emailVerified: true });
    const [mail] = await mailbox.mailsTo(user.email);
    expect(mail).toMatchObject({ subject: notice });
    expect(mail?.links[0]).toMatch(/\/account\/revert-email\?token=[\w-]{43}$/);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_email_changed' })).toMatchObject([
      { actor_id: user.id, outcome: 'success' },
    ]);
  });

  it('works once, for one of fifty concurrent requests', async () => {
    const user = await factory.user();
    const address = newAddress();
    await ask(user, address);
    const token = await mailbox.tokenFor(address);

    const responses = await Promise.all(Array.from({ length: 50 }, async () => await confirm(token)));

    expect(responses.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(49).fill(400)]);
    expect(await mailbox.subjectsTo(user.email)).toEqual([notice]);
  });

  it('returns the stored response when repeated with its idempotency key', async () => {
    const user = await factory.user();
    const address = newAddress();
    await ask(user, address);
    const token = await mailbox.tokenFor(address);
    const send = async (): Promise<ApiResponse> =>
      await api.post('/v1/auth/email/change/confirm', { token }, { 'Idempotency-Key': 'confirm-once' });

    expect((await send()).status).toBe(204);
    expect(await send()).toMatchObject({ status: 204, headers: { 'idempotency-replayed': 'true' } });
  });

  it('changes nothing when another account has the email address, also with a key', async () => {
    const user = await factory.user();
    const address = newAddress();
    await ask(user, address);
    const token = await mailbox.tokenFor(address);
    const owner = await factory.user({ email: address });

    expect(await confirm(token)).toBeProblem('invalid-token', 400);
    expect(await api.post('/v1/auth/email/change/confirm', { token }, { 'Idempotency-Key': 'too-late' })).toBeProblem(
      'invalid-token',
      400,
    );

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect(await addressOf(owner)).toEqual({ email: address, verified: true });
    expect(await mailbox.mailsTo(user.email)).toEqual([]);
    await database.pool.query('DELETE FROM users WHERE id = $1', [owner.id]);
    expect((await confirm(token)).status).toBe(204);
  });

  it('gives the email address to one of two accounts', async () => {
    const users = [await factory.user(), await factory.user()];
    const address = newAddress();
    const tokens: string[] = [];
    for (const user of users) {
      await ask(user, address);
      tokens.push(await mailbox.tokenFor(address));
    }

    const responses = await Promise.all(tokens.map(confirm));

    expect(responses.map(({ status }) => status).sort()).toEqual([204, 400]);
  });

  it('allows changing the spelling of the current email address', async () => {
    const user = await factory.user({ email: `spelling${process.pid}@example.com` });
    const spelt = `Spelling${process.pid}@Example.com`;
    await ask(user, spelt);

    expect((await confirm(await mailbox.tokenFor(spelt, confirmation))).status).toBe(204);

    expect(await addressOf(user)).toEqual({ email: spelt, verified: true });
  });

  it('revokes every other link of the account', async () => {
    const user = await factory.user();
    await api.post('/v1/auth/password/forgot', { email: user.email });
    const token = await mailbox.tokenFor(user.email);

    await changeEmail(user);

    expect(await api.post('/v1/auth/password/reset', { token, newPassword })).toBeProblem('invalid-token', 400);
  });

  it('rejects a token that is expired, revoked, of another purpose or of a disabled user', async () => {
    const [late, changed, disabled] = [await factory.user(), await factory.user(), await factory.user()];
    const tokens: string[] = [];
    for (const user of [late, changed, disabled]) {
      const address = newAddress();
      await ask(user, address);
      tokens.push(await mailbox.tokenFor(address));
    }
    await database.pool.query('UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1', [late.id]);
    await api.post('/v1/auth/password/forgot', { email: changed.email });
    await api.post('/v1/auth/password/reset', { token: await mailbox.tokenFor(changed.email), newPassword });
    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
    const other = await factory.user();
    await api.post('/v1/auth/password/forgot', { email: other.email });
    tokens.push(await mailbox.tokenFor(other.email), 'nothing');

    for (const token of tokens) expect(await confirm(token)).toBeProblem('invalid-token', 400);
  });
});

describe('POST /v1/auth/email/change/revert', () => {
  it('restores the email address, revokes all sessions and removes the password', async () => {
    const user = await factory.user();
    const asOwner = api.as(user);
    const address = await changeEmail(user);
    const token = await mailbox.tokenFor(user.email, notice);

    expect(await revert(token)).toMatchObject({ status: 204, text: '' });

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect(await asOwner.get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    for (const email of [user.email, address]) {
      expect(await logIn(email, user.password)).toBeProblem('invalid-credentials', 401);
    }
    const reset = { token: await mailbox.tokenFor(user.email, 'Choose a new password'), newPassword };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    expect((await logIn(user.email, newPassword)).status).toBe(200);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_email_reverted' })).toHaveLength(1);
  });

  it('works once, for one of fifty concurrent requests', async () => {
    const user = await factory.user();
    await changeEmail(user);
    const token = await mailbox.tokenFor(user.email, notice);

    const responses = await Promise.all(Array.from({ length: 50 }, async () => await revert(token)));

    expect(responses.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(49).fill(400)]);
    expect(await mailbox.subjectsTo(user.email)).toEqual(['Choose a new password', notice]);
  });

  it('works after an attacker changes the password or the email address again, or reverts', async () => {
    const user = await factory.user();
    const first = await changeEmail(user);
    const owners = await mailbox.tokenFor(user.email, notice);
    await api.post('/v1/auth/password/forgot', { email: first });
    await api.post('/v1/auth/password/reset', {
      token: await mailbox.tokenFor(first, 'Choose a new password'),
      newPassword,
    });
    const attacker = { ...user, email: first, password: newPassword };
    const second = await changeEmail(attacker);
    const robbers = await mailbox.tokenFor(first, notice);
    expect((await revert(robbers)).status).toBe(204);
    expect(await addressOf(user)).toEqual({ email: first, verified: true });

    expect((await revert(owners)).status).toBe(204);

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect(second).not.toBe(first);
  });

  it('revokes every link of the attacker', async () => {
    const user = await factory.user();
    const first = await changeEmail(user);
    const owners = await mailbox.tokenFor(user.email, notice);
    const third = newAddress();
    await changeEmail({ ...user, email: user.email });
    await ask(user, third);
    const pending = await mailbox.tokenFor(third);
    const robbers = await mailbox.tokenFor(first, notice);

    expect((await revert(owners)).status).toBe(204);

    expect(await revert(robbers)).toBeProblem('invalid-token', 400);
    expect(await confirm(pending)).toBeProblem('invalid-token', 400);
    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
  });

  it('restores an account that was deleted since', async () => {
    const user = await factory.user();
    const address = await changeEmail(user);
    const token = await mailbox.tokenFor(user.email, notice);
    expect((await api.as(user).delete('/v1/users/me', { 'If-Match': '*' })).status).toBe(204);
    expect(await mailbox.subjectsTo(address)).toContain('Your account was deleted');

    expect((await revert(token)).status).toBe(204);

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    const reset = { token: await mailbox.tokenFor(user.email, 'Choose a new password'), newPassword };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    expect((await logIn(user.email, newPassword)).status).toBe(200);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_restored' })).toHaveLength(1);
  });

  it('removes the passkey, the authenticator app and the API keys that an attacker added before the change', async () => {
    const user = await factory.user();
    const key = withKey(await createApiKey(api.as(user), []));
    const authenticator = new SoftwareAuthenticator();
    await passkeys.register(await api.logIn(user), authenticator);
    const tokens = (await passkeys.logIn({ authenticator })).body as { accessToken: string; refreshToken: string };
    const app = await mfa.enrol(tokens);
    expect((await mfa.activate(tokens, app.factorId, codeOf(app))).status).toBe(200);
    const address = newAddress();
    await api.post('/v1/auth/email/change', { newEmail: address }, bearerOf(tokens));
    await confirm(await mailbox.tokenFor(address, confirmation));
    expect((await api.get('/v1/jobs', key)).status).toBe(200);
    await api.post('/v1/auth/logout-all', { scope: 'all' }, bearerOf(tokens));

    expect((await revert(await mailbox.tokenFor(user.email, notice))).status).toBe(204);

    expect(await passkeys.logIn({ authenticator })).toBeProblem('invalid-credentials', 401);
    expect(await api.get('/v1/jobs', key)).toBeProblem('unauthenticated', 401);
    const reset = { token: await mailbox.tokenFor(user.email, 'Choose a new password'), newPassword };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    const { body } = await api.get('/v1/users/me', bearerOf(await api.logIn({ ...user, password: newPassword })));
    expect(body).toMatchObject({ mfa: { methods: [], recoveryCodesLeft: 0 } });
  });

  it('keeps older second factors: the former mailbox alone opens no account that has them', async () => {
    const user = await mfa.user();
    await database.pool.query(`UPDATE totp_factors SET created_at = now() - interval '15 days' WHERE user_id = $1`, [
      user.id,
    ]);
    const address = newAddress();
    await api.post('/v1/auth/email/change', { newEmail: address }, bearerOf(await mfa.logIn(user)));
    await confirm(await mailbox.tokenFor(address, confirmation));

    expect((await revert(await mailbox.tokenFor(user.email, notice))).status).toBe(204);

    const reset = { token: await mailbox.tokenFor(user.email, 'Choose a new password'), newPassword };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    const methods = ['totp', 'recovery-code'];
    expect((await logIn(user.email, newPassword)).body).toMatchObject({ status: 'mfa_required', methods });
  });

  it('works although the email address was registered again without verification', async () => {
    const user = await factory.user();
    await changeEmail(user);
    const token = await mailbox.tokenFor(user.email, notice);
    await api.post('/v1/auth/register', { email: user.email, password: newPassword });

    expect((await revert(token)).status).toBe(204);

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    const { rows } = await database.pool.query('SELECT 1 FROM users WHERE email = $1 AND deleted_at IS NULL', [
      user.email,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('changes nothing when another account has verified the email address since', async () => {
    const user = await factory.user();
    const address = await changeEmail(user);
    const token = await mailbox.tokenFor(user.email, notice);
    const owner = await factory.user({ email: user.email });

    expect(await revert(token)).toBeProblem('invalid-token', 400);

    expect(await addressOf(user)).toEqual({ email: address, verified: true });
    expect((await logIn(owner.email, owner.password)).status).toBe(200);
    expect((await logIn(address, user.password)).status).toBe(200);
  });

  it('is valid for seven days, and rejects a token of another purpose', async () => {
    const user = await factory.user();
    await changeEmail(user);
    const token = await mailbox.tokenFor(user.email, notice);
    const { rows } = await database.pool.query<{ seconds: number }>(
      `SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM one_time_tokens
       WHERE user_id = $1 AND purpose = 'email-revert'`,
      [user.id],
    );
    expect(rows).toEqual([{ seconds: 604_800 }]);

    expect(await confirm(token)).toBeProblem('invalid-token', 400);
    await database.pool.query('UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1', [user.id]);
    expect(await revert(token)).toBeProblem('invalid-token', 400);
    expect(await revert('nothing')).toBeProblem('invalid-token', 400);
  });
});
