import { describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { createApiKey, withKey } from '../../harness/http/api-keys.ts';
import { sharedApp } from '../../harness/app/app.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const { api, factory, database } = await sharedApp();
const mailbox = new Mailbox(api);
const newPassword = 'a password that its owner has chosen';

const forgot = async (email: string): Promise<ApiResponse> => await api.post('/v1/auth/password/forgot', { email });
const reset = async (token: string, chosen = newPassword): Promise<ApiResponse> =>
  await api.post('/v1/auth/password/reset', { token, newPassword: chosen });

async function resetToken({ email }: FactoryUser): Promise<string> {
  await forgot(email);
  return await mailbox.tokenFor(email);
}

/** The number of valid tokens of this user. */
async function openTokens({ id }: FactoryUser): Promise<number> {
  const { rows } = await database.pool.query(
    `SELECT 1 FROM one_time_tokens WHERE user_id = $1 AND consumed_at IS NULL AND revoked_at IS NULL AND expires_at > now()`,
    [id],
  );
  return rows.length;
}

describe('POST /v1/auth/password/forgot', () => {
  it('leaves API keys valid, and its owner is reminded of them', async () => {
    const user = await factory.user();
    const key = withKey(await createApiKey(api.as(user)));

    expect((await reset(await resetToken(user))).status).toBe(204);

    expect((await api.get('/v1/users/me', key)).status).toBe(200);
    const [mail] = await mailbox.mailsTo(user.email);
    expect(mail?.text).toContain('API keys remain valid: revoke those that you do not know.');
  });

  it('sends a link that sets a password, revokes all sessions and creates none', async () => {
    const user = await factory.user();
    const asUser = api.as(user);
    expect((await asUser.get('/v1/users/me')).status).toBe(200);

    expect(await forgot(user.email.toUpperCase())).toMatchObject({ status: 202, body: { status: 'accepted' } });

    const [mail] = await mailbox.mailsTo(user.email);
    expect(mail).toMatchObject({ to: user.email, subject: 'Choose a new password' });
    expect(mail?.links[0]).toMatch(/\/account\/reset-password\?token=[\w-]{43}$/);
    expect(await reset(await mailbox.tokenFor(user.email))).toMatchObject({ status: 204, text: '' });
    expect(await asUser.get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    expect(await api.post('/v1/auth/login', { email: user.email, password: user.password })).toBeProblem(
      'invalid-credentials',
      401,
    );
    expect((await api.post('/v1/auth/login', { email: user.email, password: newPassword })).status).toBe(200);
    const events = await factory.auditEvents({ subjectId: user.id });
    for (const event of ['authn_password_reset_requested', 'authn_password_change']) {
      expect(events).toContainEqual(expect.objectContaining({ event, outcome: 'success' }));
    }
  });

  it('sends to the email address in the spelling of the account', async () => {
    const user = await factory.user({ email: `Some.Body.${process.pid}@Example.com` });

    await forgot(user.email.toLowerCase());

    expect((await mailbox.mailsTo(user.email)).map(({ to }) => to)).toEqual([user.email]);
  });

  it('works for accounts without a password and for unverified ones', async () => {
    const unverified = await factory.user({ verified: false });
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [unverified.id]);

    expect((await reset(await resetToken(unverified))).status).toBe(204);

    expect((await api.post('/v1/auth/login', { email: unverified.email, password: newPassword })).status).toBe(200);
  });

  it('sends nothing to unknown, disabled and deleted accounts, and records the request', async () => {
    const disabled = await factory.user({ disabled: true });
    const deleted = await factory.user({ deleted: true });
    const unknown = 'unknown.forgot@example.com';

    for (const email of [unknown, disabled.email, deleted.email]) {
      expect((await forgot(email)).status).toBe(202);
      expect(await mailbox.mailsTo(email)).toEqual([]);
    }

    const requests = await factory.auditEvents({ event: 'authn_password_reset_requested' });
    expect(requests.at(-1)).toMatchObject({
      outcome: 'failure',
      reason: expect.stringMatching(/^unknown account [\w-]{22}$/),
    });
    expect(requests.at(-2)).toMatchObject({ outcome: 'failure', subject_id: disabled.id, reason: 'disabled' });
    expect(JSON.stringify(requests)).not.toContain(unknown);
  });

  it('leaves every link of twenty concurrent requests valid', async () => {
    const user = await factory.user();

    const responses = await Promise.all(Array.from({ length: 20 }, async () => await forgot(user.email)));

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await openTokens(user)).toBe(20);
  });

  it('rejects an invalid email address', async () => {
    expect(await forgot('no email address')).toBeProblem('validation-failed', 422);
  });

  it('stores its token nowhere in clear text', async () => {
    const user = await factory.user();
    const token = await resetToken(user);

    const { rows } = await database.pool.query<{ dump: string }>(
      `SELECT t::text || m::text || j::text || coalesce((SELECT string_agg(a::text, '') FROM audit_events a WHERE a.subject_id = t.user_id), '')
         AS dump
       FROM one_time_tokens t JOIN mails m ON m.one_time_token_id = t.id JOIN jobs j ON j.payload->>'mailId' = m.id::text
       WHERE t.user_id = $1`,
      [user.id],
    );

    expect(rows).toHaveLength(1);
    expect(rows[0]?.dump).not.toContain(token);
    expect(rows[0]?.dump).not.toContain(Buffer.from(token).toString('hex'));
  });
});

describe('POST /v1/auth/password/reset with a one-time token', () => {
  it('works once', async () => {
    const token = await resetToken(await factory.user());

    expect((await reset(token)).status).toBe(204);
    expect(await reset(token)).toBeProblem('invalid-token', 400);
  });

  it('works for one of fifty concurrent requests', async () => {
    const user = await factory.user();
    const token = await resetToken(user);

    const responses = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => await reset(token, `${newPassword} ${index}`)),
    );

    expect(responses.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(49).fill(400)]);
    const winner = responses.findIndex(({ status }) => status === 204);
    const password = `${newPassword} ${winner}`;
    expect((await api.post('/v1/auth/login', { email: user.email, password })).status).toBe(200);
  });

  it('returns the stored response when repeated with its idempotency key', async () => {
    const token = await resetToken(await factory.user());
    const send = async (): Promise<ApiResponse> =>
      await api.post('/v1/auth/password/reset', { token, newPassword }, { 'Idempotency-Key': 'reset-once' });

    expect((await send()).status).toBe(204);
    expect(await send()).toMatchObject({ status: 204, headers: { 'idempotency-replayed': 'true' } });
  });

  it('does not consume the token when the password is too weak', async () => {
    const token = await resetToken(await factory.user());

    expect(await reset(token, 'short')).toBeProblem('weak-password', 422);
    expect((await reset(token)).status).toBe(204);
  });

  it('works after another link was requested, and revokes the others', async () => {
    const user = await factory.user();
    const older = await resetToken(user);
    const newer = await resetToken(user);

    expect((await reset(older)).status).toBe(204);

    expect(await reset(newer)).toBeProblem('invalid-token', 400);
    expect(await openTokens(user)).toBe(0);
  });

  it('rejects an expired token and one of another purpose', async () => {
    const late = await factory.user();
    const expired = await resetToken(late);
    await database.pool.query('UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1', [late.id]);
    const unverified = await factory.user({ verified: false });
    await api.post('/v1/auth/email/verify/resend', { email: unverified.email });
    const other = await mailbox.tokenFor(unverified.email);

    for (const token of [expired, other, 'nothing']) expect(await reset(token)).toBeProblem('invalid-token', 400);
  });

  it('rejects a token of a user who was disabled or deleted since', async () => {
    for (const column of ['disabled_at', 'deleted_at']) {
      const user = await factory.user();
      const token = await resetToken(user);
      await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [user.id]);

      expect(await reset(token)).toBeProblem('invalid-token', 400);
    }
  });

  it('does not change other users', async () => {
    const [user, bystander] = [await factory.user(), await factory.user()];
    await api.tokensOf(bystander);

    await reset(await resetToken(user));

    expect((await api.as(bystander).get('/v1/users/me')).status).toBe(200);
    expect((await api.post('/v1/auth/login', { email: bystander.email, password: bystander.password })).status).toBe(
      200,
    );
  });

  it('is valid for 30 minutes', async () => {
    const user = await factory.user();
    await resetToken(user);

    const { rows } = await database.pool.query<{ seconds: string }>(
      `SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM one_time_tokens WHERE user_id = $1`,
      [user.id],
    );

    expect(rows).toEqual([{ seconds: 1800 }]);
  });
});

describe('POST /v1/auth/email/verify/resend', () => {
  const resend = async (email: string): Promise<ApiResponse> =>
    await api.post('/v1/auth/email/verify/resend', { email });

  it('sends another link and revokes the older one', async () => {
    const email = 'registered.once@example.com';
    await api.post('/v1/auth/register', { email, password: newPassword });
    const older = await mailbox.tokenFor(email);

    expect(await resend(email)).toMatchObject({ status: 202, body: { status: 'accepted' } });

    const newer = await mailbox.tokenFor(email);
    expect(await api.post('/v1/auth/email/verify', { token: older })).toBeProblem('invalid-token', 400);
    expect((await api.post('/v1/auth/email/verify', { token: newer })).status).toBe(204);
    expect((await api.post('/v1/auth/login', { email, password: newPassword })).status).toBe(200);
  });

  it('sends another invitation to an invited user without a password', async () => {
    const email = 'invited.once@example.com';
    await api.as(await factory.admin()).post('/v1/users', { email });

    await resend(email);

    expect(await mailbox.subjectsTo(email)).toEqual(['You are invited', 'You are invited']);
    expect((await reset(await mailbox.tokenFor(email))).status).toBe(204);
  });

  it('sends nothing when there is nothing to verify', async () => {
    const users = [
      await factory.user(),
      await factory.user({ disabled: true, verified: false }),
      await factory.user({ deleted: true }),
    ];

    for (const { email } of [...users, { email: 'unknown.registered@example.com' }]) {
      expect((await resend(email)).status).toBe(202);
      expect(await mailbox.mailsTo(email)).toEqual([]);
    }
  });

  it('rejects an invalid email address', async () => {
    expect(await resend('no email address')).toBeProblem('validation-failed', 422);
  });
});
