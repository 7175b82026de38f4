import { describe, expect, it } from '@jest/globals';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';
import { Mailbox } from './support/mailbox.ts';

const { api, given, database } = await start();
const mailbox = new Mailbox(api);
const newPassword = 'a password that nobody has forgotten';

const forgot = async (email: string): Promise<Reply> => await api.post('/v1/auth/password/forgot', { email });
const reset = async (token: string, chosen = newPassword): Promise<Reply> =>
  await api.post('/v1/auth/password/reset', { token, newPassword: chosen });

async function resetToken({ email }: GivenUser): Promise<string> {
  await forgot(email);
  return await mailbox.tokenFor(email);
}

/** How many tokens of this user could be used now. */
async function openTokens({ id }: GivenUser): Promise<number> {
  const { rows } = await database.pool.query(
    `SELECT 1 FROM mailed_tokens WHERE user_id = $1 AND consumed_at IS NULL AND voided_at IS NULL AND expires_at > now()`,
    [id],
  );
  return rows.length;
}

describe('POST /v1/auth/password/forgot', () => {
  it('mails a link that sets a password, ends all sessions and logs nobody in', async () => {
    const user = await given.user();
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
    const events = await given.auditEvents({ subjectId: user.id });
    for (const event of ['authn_password_reset_requested', 'authn_password_change']) {
      expect(events).toContainEqual(expect.objectContaining({ event, outcome: 'success' }));
    }
  });

  it('writes to the address as its owner spells it, whatever a stranger types', async () => {
    const user = await given.user({ email: `Some.Body.${process.pid}@Example.com` });

    await forgot(user.email.toLowerCase());

    expect((await mailbox.mailsTo(user.email)).map(({ to }) => to)).toEqual([user.email]);
  });

  it('helps who has never set a password, or never verified the address', async () => {
    const unverified = await given.user({ verified: false });
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [unverified.id]);

    expect((await reset(await resetToken(unverified))).status).toBe(204);

    expect((await api.post('/v1/auth/login', { email: unverified.email, password: newPassword })).status).toBe(200);
  });

  it('sends nothing to an unknown, a disabled or a deleted address, and writes down that it was asked', async () => {
    const disabled = await given.user({ disabled: true });
    const deleted = await given.user({ deleted: true });
    const unknown = 'nobody.forgot@example.com';

    for (const email of [unknown, disabled.email, deleted.email]) {
      expect((await forgot(email)).status).toBe(202);
      expect(await mailbox.mailsTo(email)).toEqual([]);
    }

    const asked = await given.auditEvents({ event: 'authn_password_reset_requested' });
    expect(asked.at(-1)).toMatchObject({
      outcome: 'failure',
      reason: expect.stringMatching(/^unknown account [\w-]{22}$/),
    });
    expect(asked.at(-2)).toMatchObject({ outcome: 'failure', subject_id: disabled.id, reason: 'disabled' });
    expect(JSON.stringify(asked)).not.toContain(unknown);
  });

  it('leaves one link of twenty that are asked for at once', async () => {
    const user = await given.user();

    const replies = await Promise.all(Array.from({ length: 20 }, async () => await forgot(user.email)));

    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await openTokens(user)).toBe(1);
  });

  it('refuses what is no address', async () => {
    expect(await forgot('nobody')).toBeProblem('validation-failed', 422);
  });

  it('keeps its token in clear nowhere', async () => {
    const user = await given.user();
    const token = await resetToken(user);

    const { rows } = await database.pool.query<{ dump: string }>(
      `SELECT t::text || m::text || j::text || coalesce((SELECT string_agg(a::text, '') FROM audit_events a WHERE a.subject_id = t.user_id), '')
         AS dump
       FROM mailed_tokens t JOIN mails m ON m.mailed_token_id = t.id JOIN jobs j ON j.payload->>'mailId' = m.id::text
       WHERE t.user_id = $1`,
      [user.id],
    );

    expect(rows).toHaveLength(1);
    expect(rows[0]?.dump).not.toContain(token);
    expect(rows[0]?.dump).not.toContain(Buffer.from(token).toString('hex'));
  });
});

describe('POST /v1/auth/password/reset with a mailed token', () => {
  it('works once', async () => {
    const token = await resetToken(await given.user());

    expect((await reset(token)).status).toBe(204);
    expect(await reset(token)).toBeProblem('invalid-token', 400);
  });

  it('works for one of fifty at once', async () => {
    const user = await given.user();
    const token = await resetToken(user);

    const replies = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => await reset(token, `${newPassword} ${index}`)),
    );

    expect(replies.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(49).fill(400)]);
    const winner = replies.findIndex(({ status }) => status === 204);
    const password = `${newPassword} ${winner}`;
    expect((await api.post('/v1/auth/login', { email: user.email, password })).status).toBe(200);
  });

  it('is answered again to who repeats it under its key', async () => {
    const token = await resetToken(await given.user());
    const send = async (): Promise<Reply> =>
      await api.post('/v1/auth/password/reset', { token, newPassword }, { 'Idempotency-Key': 'reset-once' });

    expect((await send()).status).toBe(204);
    expect(await send()).toMatchObject({ status: 204, headers: { 'idempotency-replayed': 'true' } });
  });

  it('keeps the token when the password is too weak', async () => {
    const token = await resetToken(await given.user());

    expect(await reset(token, 'short')).toBeProblem('weak-password', 422);
    expect((await reset(token)).status).toBe(204);
  });

  it('takes neither an expired token, nor an older one, nor one of another purpose', async () => {
    const late = await given.user();
    const expired = await resetToken(late);
    await database.pool.query('UPDATE mailed_tokens SET expires_at = now() WHERE user_id = $1', [late.id]);
    const twice = await given.user();
    const older = await resetToken(twice);
    const newer = await resetToken(twice);
    const unverified = await given.user({ verified: false });
    await api.post('/v1/auth/email/verify/resend', { email: unverified.email });
    const other = await mailbox.tokenFor(unverified.email);

    for (const token of [expired, older, other, 'nothing'])
      expect(await reset(token)).toBeProblem('invalid-token', 400);

    expect((await reset(newer)).status).toBe(204);
  });

  it('takes no token of a user who was disabled or deleted meanwhile', async () => {
    for (const column of ['disabled_at', 'deleted_at']) {
      const user = await given.user();
      const token = await resetToken(user);
      await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [user.id]);

      expect(await reset(token)).toBeProblem('invalid-token', 400);
    }
  });

  it('changes nobody else', async () => {
    const [user, bystander] = [await given.user(), await given.user()];
    await api.tokensOf(bystander);

    await reset(await resetToken(user));

    expect((await api.as(bystander).get('/v1/users/me')).status).toBe(200);
    expect((await api.post('/v1/auth/login', { email: bystander.email, password: bystander.password })).status).toBe(
      200,
    );
  });

  it('lasts half an hour', async () => {
    const user = await given.user();
    await resetToken(user);

    const { rows } = await database.pool.query<{ seconds: string }>(
      `SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM mailed_tokens WHERE user_id = $1`,
      [user.id],
    );

    expect(rows).toEqual([{ seconds: 1800 }]);
  });
});

describe('POST /v1/auth/email/verify/resend', () => {
  const resend = async (email: string): Promise<Reply> => await api.post('/v1/auth/email/verify/resend', { email });

  it('mails another link, and the older one is void', async () => {
    const email = 'registered.once@example.com';
    await api.post('/v1/auth/register', { email, password: newPassword });
    const older = await mailbox.tokenFor(email);

    expect(await resend(email)).toMatchObject({ status: 202, body: { status: 'accepted' } });

    const newer = await mailbox.tokenFor(email);
    expect(await api.post('/v1/auth/email/verify', { token: older })).toBeProblem('invalid-token', 400);
    expect((await api.post('/v1/auth/email/verify', { token: newer })).status).toBe(204);
    expect((await api.post('/v1/auth/login', { email, password: newPassword })).status).toBe(200);
  });

  it('invites once more who was invited and has no password', async () => {
    const email = 'invited.once@example.com';
    await api.as(await given.admin()).post('/v1/users', { email });

    await resend(email);

    expect(await mailbox.subjectsTo(email)).toEqual(['You are invited', 'You are invited']);
    expect((await reset(await mailbox.tokenFor(email))).status).toBe(204);
  });

  it('sends nothing where there is nothing to verify', async () => {
    const users = [
      await given.user(),
      await given.user({ disabled: true, verified: false }),
      await given.user({ deleted: true }),
    ];

    for (const { email } of [...users, { email: 'nobody.registered@example.com' }]) {
      expect((await resend(email)).status).toBe(202);
      expect(await mailbox.mailsTo(email)).toEqual([]);
    }
  });

  it('refuses what is no address', async () => {
    expect(await resend('nobody')).toBeProblem('validation-failed', 422);
  });
});
