import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Reply, Tokens } from './support/api.ts';
import { start } from './support/app.ts';
import { Mailbox } from './support/mailbox.ts';

const { api, given, database } = await start({ AUTH_MAGIC_LINK: 'true' });
const mailbox = new Mailbox(api);

const ask = async (email: string): Promise<Reply> => await api.post('/v1/auth/magic-link', { email });
const open = async (token: string, cookie?: string): Promise<Reply> =>
  await api.post('/v1/auth/magic-link/verify', { token }, cookie === undefined ? {} : { Cookie: cookie });
const cookieOf = ({ headers }: Reply): string => headers['set-cookie']?.split(';')[0] ?? '';

/** A link that was asked for, and the cookie of the browser that did. */
async function asked(email: string): Promise<{ token: string; cookie: string }> {
  const cookie = cookieOf(await ask(email));
  return { cookie, token: await mailbox.tokenFor(email, 'Log in') };
}

describe('POST /v1/auth/magic-link', () => {
  it('mails a link and gives the browser what it needs to open it', async () => {
    const user = await given.user();

    const reply = await ask(user.email);

    expect(reply).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(reply.headers['set-cookie']).toMatch(
      /^magic-link=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Strict$/,
    );
    const [mail] = await mailbox.mailsTo(user.email);
    expect(mail?.links[0]).toMatch(/\/account\/magic-link\?token=[\w-]{43}$/);
  });

  it('mails nothing to an unknown, unverified, disabled or deleted address', async () => {
    const users = [
      await given.user({ verified: false }),
      await given.user({ disabled: true }),
      await given.user({ deleted: true }),
      { email: 'nobody@example.com' },
    ];

    for (const { email } of users) {
      expect((await ask(email)).status).toBe(202);
      expect(await mailbox.mailsTo(email)).toEqual([]);
    }
  });

  it('refuses what is no address', async () => {
    expect(await ask('nobody')).toBeProblem('validation-failed', 422);
  });
});

describe('POST /v1/auth/magic-link/verify', () => {
  it('begins a session of one factor', async () => {
    const user = await given.user();
    const { token, cookie } = await asked(user.email);

    const reply = await open(token, `other=1; ${cookie}`);

    expect(reply.status).toBe(200);
    const { accessToken } = reply.body as Tokens;
    expect(decodeJwt(accessToken)).toMatchObject({ sub: user.id, amr: ['email'], acr: 'aal1' });
    expect((await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).status).toBe(200);
    expect((await given.auditEvents({ subjectId: user.id })).at(-1)).toMatchObject({
      event: 'authn_login_success',
      reason: 'email',
    });
  });

  it('works once, for one of fifty at once', async () => {
    const { token, cookie } = await asked((await given.user()).email);

    const replies = await Promise.all(Array.from({ length: 50 }, async () => await open(token, cookie)));

    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(49).fill(400)]);
  });

  it('refuses every browser but the one that has asked, and writes it down', async () => {
    const { token, cookie } = await asked((await given.user()).email);
    const other = cookieOf(await ask('somebody.else@example.com'));

    for (const wrong of [undefined, other, 'magic-link=', `${cookie}; ${other}`, `__Host-${cookie}`]) {
      expect(await open(token, wrong)).toBeProblem('invalid-token', 400);
    }

    expect((await given.auditEvents({ event: 'authn_login_fail' })).at(-1)).toMatchObject({
      outcome: 'failure',
      reason: 'mailed link not valid in this browser',
    });
    expect((await open(token, cookie)).status).toBe(200);
  });

  it('takes neither an expired nor a replaced link, nor a token for something else', async () => {
    const late = await given.user();
    const expired = await asked(late.email);
    await database.pool.query('UPDATE mailed_tokens SET expires_at = now() WHERE user_id = $1', [late.id]);
    const twice = await given.user();
    const older = await asked(twice.email);
    const newer = await asked(twice.email);
    await api.post('/v1/auth/password/forgot', { email: twice.email });
    const other = { cookie: newer.cookie, token: await mailbox.tokenFor(twice.email, 'Choose a new password') };

    for (const { token, cookie } of [expired, older, other]) {
      expect(await open(token, cookie)).toBeProblem('invalid-token', 400);
    }

    expect((await open(newer.token, newer.cookie)).status).toBe(200);
  });

  it.each([
    'disabled_at = now()',
    'deleted_at = now()',
    'email_verified_at = NULL',
    `email_normalized = 'x@example.com'`,
  ])('lets nobody in whose account has changed meanwhile: %s', async (change) => {
    const user = await given.user();
    const { token, cookie } = await asked(user.email);
    await database.pool.query(`UPDATE users SET ${change} WHERE id = $1`, [user.id]);

    expect(await open(token, cookie)).toBeProblem('invalid-token', 400);
    await database.pool.query('DELETE FROM users WHERE id = $1', [user.id]);
  });
});
