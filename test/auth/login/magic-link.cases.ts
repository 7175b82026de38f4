import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const { api, factory, database } = await sharedApp({ AUTH_MAGIC_LINK_ENABLED: 'true' });
const mailbox = new Mailbox(api);

const ask = async (email: string): Promise<ApiResponse> => await api.post('/v1/auth/magic-link', { email });
const open = async (token: string, cookie?: string): Promise<ApiResponse> =>
  await api.post('/v1/auth/magic-link/verify', { token }, cookie === undefined ? {} : { Cookie: cookie });
const cookieOf = ({ headers }: ApiResponse): string => headers['set-cookie']?.split(';')[0] ?? '';

/** Requests a link. Returns its token and the cookie of the browser. */
async function requestLink(email: string): Promise<{ token: string; cookie: string }> {
  const cookie = cookieOf(await ask(email));
  return { cookie, token: await mailbox.tokenFor(email, 'Log in') };
}

describe('POST /v1/auth/magic-link', () => {
  it('sends a link and sets the cookie that binds it to the browser', async () => {
    const user = await factory.user();

    const response = await ask(user.email);

    expect(response).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(response.headers['set-cookie']).toMatch(
      /^magic-link=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Strict$/,
    );
    const [mail] = await mailbox.mailsTo(user.email);
    expect(mail?.links[0]).toMatch(/\/account\/magic-link\?token=[\w-]{43}$/);
  });

  it('sends nothing to unknown, unverified, disabled and deleted accounts', async () => {
    const users = [
      await factory.user({ verified: false }),
      await factory.user({ disabled: true }),
      await factory.user({ deleted: true }),
      { email: 'unknown@example.com' },
    ];

    for (const { email } of users) {
      expect((await ask(email)).status).toBe(202);
      expect(await mailbox.mailsTo(email)).toEqual([]);
    }
  });

  it('rejects an invalid email address', async () => {
    expect(await ask('no email address')).toBeProblem('validation-failed', 422);
  });
});

describe('POST /v1/auth/magic-link/verify', () => {
  it('sets the refresh token as a cookie in cookie mode', async () => {
    const { token, cookie } = await requestLink((await factory.user()).email);

    const headers = { Cookie: cookie, 'X-Token-Delivery': 'cookie' };
    const response = await api.post('/v1/auth/magic-link/verify', { token }, headers);

    expect(response.status).toBe(200);
    expect(response.headers['set-cookie']).toMatch(
      /^rt=rt_[\w-]{43}; Path=\/; Max-Age=60\d{4}; HttpOnly; SameSite=Strict$/,
    );
    expect(response.body).toHaveProperty('csrfToken');
    expect(response.text).not.toContain('rt_');
  });

  it('creates a session with one factor', async () => {
    const user = await factory.user();
    const { token, cookie } = await requestLink(user.email);

    const response = await open(token, `other=1; ${cookie}`);

    expect(response.status).toBe(200);
    const { accessToken } = response.body as Tokens;
    expect(decodeJwt(accessToken)).toMatchObject({ sub: user.id, amr: ['email'], acr: 'aal1' });
    expect((await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).status).toBe(200);
    expect((await factory.auditEvents({ subjectId: user.id })).at(-1)).toMatchObject({
      event: 'authn_login_success',
      reason: 'email',
    });
  });

  it('works once, for one of fifty concurrent requests', async () => {
    const { token, cookie } = await requestLink((await factory.user()).email);

    const responses = await Promise.all(Array.from({ length: 50 }, async () => await open(token, cookie)));

    expect(responses.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(49).fill(400)]);
  });

  it('rejects and records every other browser than the one that requested it', async () => {
    const { token, cookie } = await requestLink((await factory.user()).email);
    const other = cookieOf(await ask('another.user@example.com'));

    for (const wrong of [undefined, other, 'magic-link=', `${cookie}; ${other}`, `__Host-${cookie}`]) {
      expect(await open(token, wrong)).toBeProblem('invalid-token', 400);
    }

    expect((await factory.auditEvents({ event: 'authn_login_fail' })).at(-1)).toMatchObject({
      outcome: 'failure',
      reason: 'mailed link not valid in this browser',
    });
    expect((await open(token, cookie)).status).toBe(200);
  });

  it('rejects an expired link, a replaced one and a token of another purpose', async () => {
    const late = await factory.user();
    const expired = await requestLink(late.email);
    await database.pool.query('UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1', [late.id]);
    const twice = await factory.user();
    const older = await requestLink(twice.email);
    const newer = await requestLink(twice.email);
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
  ])('rejects an account that has changed since: %s', async (change) => {
    const user = await factory.user();
    const { token, cookie } = await requestLink(user.email);
    await database.pool.query(`UPDATE users SET ${change} WHERE id = $1`, [user.id]);

    expect(await open(token, cookie)).toBeProblem('invalid-token', 400);
    await database.pool.query('DELETE FROM users WHERE id = $1', [user.id]);
  });
});
